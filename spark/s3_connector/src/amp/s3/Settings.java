package amp.s3;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a bucket's file system is told: the `fs.s3a.*` keys of Hadoop's own S3A, and the AWS_* environment.
 *
 * <p>A key counts when somebody set it: `core-default.xml` carries S3A's defaults, which are for S3A's design, so a value
 * from there is passed over for ours. `fs.s3a.bucket.NAME.x` wins over `fs.s3a.x` for the bucket NAME.
 *
 * <p>**Left out:** keys that change what is stored or who asks (encryption, ACLs, assumed roles, proxies, other
 * committers): set, they are an error that names them. Keys that only tune S3A are named in one warning.
 */
record Settings(
    URI endpoint,
    boolean pathStyle,
    String region,
    Credentials credentials,
    int connectTimeoutMillis,
    int readTimeoutMillis,
    int attempts,
    long retryIntervalMillis,
    int partSize,
    int activeParts,
    long copyThreshold,
    long copyPartSize,
    int threads,
    int pageSize,
    int readahead,
    long blockSize) {

  private static final Logger LOG = LoggerFactory.getLogger(Settings.class);
  private static final String PREFIX = "fs.s3a.";
  private static final String AWS_ENDPOINT = "s3.amazonaws.com";
  private static final int MIB = 1 << 20;

  /** S3 takes no smaller part, except for the last one. */
  static final int SMALLEST_PART = 5 * MIB;

  /** Parts are held in memory, in an array each. */
  static final int LARGEST_PART = 1024 * MIB;

  private static final Set<String> KNOWN =
      Set.of(
          "impl", "access.key", "secret.key", "session.token", "aws.credentials.provider", "endpoint", "endpoint.region",
          "path.style.access", "connection.ssl.enabled", "connection.establish.timeout", "connection.timeout",
          "attempts.maximum", "retry.interval", "multipart.size", "multipart.threshold", "fast.upload.active.blocks",
          "threads.max", "paging.maximum", "readahead.range", "block.size", "downgrade.syncable.exceptions");

  /** Set to anything but the value here (empty: to anything), these ask for what this file system does not do. */
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("encryption.algorithm", ""), Map.entry("encryption.key", ""),
          Map.entry("server-side-encryption-algorithm", ""), Map.entry("server-side-encryption.key", ""),
          Map.entry("assumed.role.arn", ""), Map.entry("delegation.token.binding", ""), Map.entry("proxy.host", ""),
          Map.entry("acl.default", ""), Map.entry("requester.pays.enabled", "false"), Map.entry("accesspoint.arn", ""),
          Map.entry("accesspoint.required", "false"), Map.entry("signing-algorithm", ""),
          Map.entry("security.credential.provider.path", ""), Map.entry("committer.name", "file"),
          Map.entry("multipart.purge", "false"), Map.entry("storage.class", ""), Map.entry("object.content.encoding", ""));

  private static final Set<String> FROM_KEYS_OR_ENVIRONMENT =
      Set.of(
          "SimpleAWSCredentialsProvider", "TemporaryAWSCredentialsProvider", "EnvironmentVariableCredentialsProvider",
          "DefaultAWSCredentialsProviderChain");

  static Settings read(String bucket, Configuration conf, Map<String, String> environment) throws IOException {
    Keys keys = new Keys(bucket, conf);
    keys.refuseUnsupported();
    String region = keys.text("endpoint.region", first(environment, "AWS_REGION", "AWS_DEFAULT_REGION"));
    URI endpoint = endpoint(keys, region == null ? "us-east-1" : region, environment);
    boolean atAws = endpoint.getHost().endsWith(".amazonaws.com");
    int partSize = (int) keys.size("multipart.size", 8 * MIB, SMALLEST_PART, LARGEST_PART);
    return new Settings(
        endpoint,
        Boolean.parseBoolean(keys.text("path.style.access", String.valueOf(!atAws))),
        region == null ? "us-east-1" : region,
        credentials(keys, environment),
        (int) keys.millis("connection.establish.timeout", 5_000),
        (int) keys.millis("connection.timeout", 60_000),
        (int) keys.size("attempts.maximum", 8, 1, 1_000),
        keys.millis("retry.interval", 100),
        partSize,
        (int) keys.size("fast.upload.active.blocks", 4, 1, 1_000),
        keys.size("multipart.threshold", 128 * MIB, SMALLEST_PART, 5L << 30),
        Math.max(partSize, keys.given("multipart.size") ? 0 : 64 * MIB),
        (int) keys.size("threads.max", 8, 1, 1_000),
        (int) keys.size("paging.maximum", 1_000, 1, 1_000_000) > 1_000 ? 1_000 : (int) keys.size("paging.maximum", 1_000, 1, 1_000_000),
        (int) keys.size("readahead.range", MIB, 1, LARGEST_PART),
        keys.size("block.size", 64 * MIB, 1, Long.MAX_VALUE));
  }

  private static URI endpoint(Keys keys, String region, Map<String, String> environment) throws IOException {
    String given = keys.text("endpoint", null);
    if (given == null || given.equals(AWS_ENDPOINT)) { // Spark itself sets this one when there is none
      String found = first(environment, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL");
      given = found != null ? found : "s3." + region + ".amazonaws.com";
    }
    boolean secure = Boolean.parseBoolean(keys.text("connection.ssl.enabled", "true"));
    String url = given.contains("://") ? given : (secure ? "https://" : "http://") + given;
    try {
      URI uri = URI.create(url.replaceAll("/+$", ""));
      if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme()) || uri.getRawQuery() != null) {
        throw new IllegalArgumentException("a URL such as http://host:port is needed");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new IOException("fs.s3a.endpoint is no endpoint: " + given + " (" + e.getMessage() + ")");
    }
  }

  private static Credentials credentials(Keys keys, Map<String, String> environment) throws IOException {
    String providers = keys.text("aws.credentials.provider", null);
    if (providers != null) {
      for (String name : providers.trim().split("[\\s,]+")) {
        String simple = name.substring(name.lastIndexOf('.') + 1);
        if (simple.equals("AnonymousAWSCredentialsProvider")) {
          return Credentials.ANONYMOUS;
        }
        if (!FROM_KEYS_OR_ENVIRONMENT.contains(simple)) {
          throw new IOException("fs.s3a.aws.credentials.provider: " + name + " is not supported; set fs.s3a.access.key and"
              + " fs.s3a.secret.key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
        }
      }
    }
    String id = keys.secret("access.key");
    String secret = keys.secret("secret.key");
    String token = keys.secret("session.token");
    if (id == null && secret == null) {
      id = first(environment, "AWS_ACCESS_KEY_ID");
      secret = first(environment, "AWS_SECRET_ACCESS_KEY");
      token = first(environment, "AWS_SESSION_TOKEN");
    }
    if (id == null || secret == null) {
      throw new IOException("No credentials for s3://" + keys.bucket + ": set both fs.s3a.access.key and fs.s3a.secret.key,"
          + " or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
    }
    return new Credentials(id, secret, token);
  }

  private static String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isBlank()) {
        return value.trim();
      }
    }
    return null;
  }

  /** The keys of one bucket. */
  private record Keys(String bucket, Configuration conf) {
    private String bucketPrefix() {
      return PREFIX + "bucket." + bucket + ".";
    }

    /** The full name under which somebody set this key, or null. */
    private String name(String key) {
      for (String name : List.of(bucketPrefix() + key, PREFIX + key)) {
        if (isSet(name)) {
          return name;
        }
      }
      return null;
    }

    private boolean isSet(String name) {
      String value = conf.get(name);
      if (value == null || value.isBlank()) {
        return false;
      }
      String[] sources = conf.getPropertySources(name);
      return sources == null || sources.length == 0 || !sources[sources.length - 1].endsWith("core-default.xml");
    }

    boolean given(String key) {
      return name(key) != null;
    }

    String text(String key, String otherwise) {
      String name = name(key);
      return name == null ? otherwise : conf.getTrimmed(name);
    }

    /** Also out of Hadoop's credential providers (`hadoop.security.credential.provider.path`). */
    String secret(String key) throws IOException {
      for (String name : List.of(bucketPrefix() + key, PREFIX + key)) {
        char[] value = conf.getPassword(name);
        if (value != null && value.length > 0) {
          return new String(value).trim();
        }
      }
      return null;
    }

    long size(String key, long otherwise, long least, long most) throws IOException {
      String name = name(key);
      try {
        long value = name == null ? otherwise : conf.getLongBytes(name, otherwise);
        if (value < least || value > most) {
          throw new IOException(name + " is " + value + "; it must be from " + least + " to " + most);
        }
        return value;
      } catch (IllegalArgumentException e) {
        throw new IOException(name + " is no number: " + conf.get(name), e);
      }
    }

    long millis(String key, long otherwise) throws IOException {
      String name = name(key);
      try {
        long value = name == null ? otherwise : conf.getTimeDuration(name, otherwise, TimeUnit.MILLISECONDS);
        if (value < 1 || value > Integer.MAX_VALUE) {
          throw new IOException(name + " must be a positive time, not " + conf.get(name));
        }
        return value;
      } catch (IllegalArgumentException e) {
        throw new IOException(name + " is no time: " + conf.get(name), e);
      }
    }

    void refuseUnsupported() throws IOException {
      Set<String> tuning = new TreeSet<>();
      for (Map.Entry<String, String> entry : conf) {
        String name = entry.getKey();
        if (!name.startsWith(PREFIX) || !isSet(name)) {
          continue;
        }
        String key = name.startsWith(bucketPrefix()) ? name.substring(bucketPrefix().length()) : name.substring(PREFIX.length());
        String allowed = REFUSED.get(key);
        if (allowed != null && !conf.getTrimmed(name).equals(allowed)) {
          throw new IOException(name + " is not supported by " + S3FileSystem.class.getName());
        }
        if (allowed == null && !KNOWN.contains(key) && !key.startsWith("bucket.")) {
          tuning.add(name);
        }
      }
      if (!tuning.isEmpty()) {
        LOG.warn("{} has no such settings, and goes on without them: {}", S3FileSystem.class.getName(), tuning);
      }
    }
  }
}
