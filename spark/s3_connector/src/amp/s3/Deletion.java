package amp.s3;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Deletes many keys, a thousand at a time, and says of each one that is left why. */
final class Deletion {
  private static final int NAMED = 5;

  private Deletion() {}

  /** Every key below this prefix, markers too. */
  static void tree(S3Client client, String prefix) throws IOException {
    String token = null;
    do {
      Page page = client.list(prefix, true, token, client.settings.pageSize());
      keys(client, page.objects().stream().map(S3Object::key).toList());
      token = page.next();
    } while (token != null);
  }

  static void keys(S3Client client, List<String> keys) throws IOException {
    SortedMap<String, S3Exception> failed = new TreeMap<>();
    for (int from = 0; from < keys.size(); from += S3Client.DELETED_AT_ONCE) {
      failed.putAll(batch(client, keys.subList(from, Math.min(keys.size(), from + S3Client.DELETED_AT_ONCE))));
    }
    if (!failed.isEmpty()) {
      StringBuilder text = new StringBuilder(failed.size() + " of " + keys.size() + " objects could not be deleted:");
      failed.values().stream().limit(NAMED).forEach(error -> text.append(' ').append(error.getMessage()).append(';'));
      if (failed.size() > NAMED) {
        text.append(" …");
      }
      throw new IOException(text.toString(), failed.get(failed.firstKey()));
    }
  }

  /** Keys that failed for a reason that may pass are sent again; the ones that stay failed are returned. */
  private static Map<String, S3Exception> batch(S3Client client, List<String> keys) throws IOException {
    Map<String, S3Exception> failed = new TreeMap<>();
    List<String> left = keys;
    for (int number = 1; !left.isEmpty(); number++) {
      List<String> again = new ArrayList<>();
      S3Exception passing = null;
      for (Map.Entry<String, S3Exception> entry : client.deleteAll(left).entrySet()) {
        failed.put(entry.getKey(), entry.getValue());
        if (entry.getValue().mayPass()) {
          again.add(entry.getKey());
          passing = entry.getValue();
        }
      }
      left = again;
      if (passing != null) {
        try {
          client.retries.failed("deleting", number, passing);
        } catch (S3Exception last) {
          return failed;
        }
        again.forEach(failed::remove);
      }
    }
    return failed;
  }
}
