package amp.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.PathIOException;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.RemoteIterators;

/**
 * S3 as a Hadoop file system, for `s3://`, `s3a://` and `s3n://`, on any endpoint that speaks S3.
 *
 * <p>Follows the Hadoop file system specification as far as an object store can; README.md lists where it does not.
 *
 * <p>**Left out:** append, truncate, concat, links, extended attributes, ACLs (UnsupportedOperationException). Owners,
 * modes and times cannot be set: S3 keeps none, and Hadoop's default is to do nothing. rename is a copy and a delete, so
 * it is neither atomic nor fast.
 *
 * <p>https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-common/filesystem/filesystem.html
 */
public final class S3FileSystem extends FileSystem {
  private URI uri;
  private Path workingDirectory;
  private Paths paths;
  private Settings settings;
  private S3Client client;
  private Bucket bucket;
  private ThreadPoolExecutor executor;

  @Override
  public void initialize(URI name, Configuration conf) throws IOException {
    String bucketName = name.getAuthority();
    if (bucketName == null || bucketName.isEmpty()) {
      throw new IOException("No bucket in " + name + ": write " + name.getScheme() + "://bucket/path");
    }
    super.initialize(name, conf);
    setConf(conf);
    uri = URI.create(name.getScheme() + "://" + bucketName);
    workingDirectory = new Path(name.getScheme(), bucketName, "/");
    paths = new Paths(uri);
    settings = Settings.read(bucketName, conf, System.getenv());
    client = new S3Client(settings, bucketName);
    bucket = new Bucket(client, Directories.of(settings, bucketName));
    executor = executor(bucketName, settings.threads());
  }

  private static ThreadPoolExecutor executor(String bucketName, int threads) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor pool = new ThreadPoolExecutor(threads, threads, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
      Thread thread = new Thread(task, "s3-" + bucketName + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  @Override
  public String getScheme() {
    return uri == null ? "s3a" : uri.getScheme();
  }

  @Override
  public URI getUri() {
    return uri;
  }

  @Override
  public Path getWorkingDirectory() {
    return workingDirectory;
  }

  @Override
  public void setWorkingDirectory(Path directory) {
    workingDirectory = makeQualified(directory);
  }

  /** No delegation tokens. */
  @Override
  public String getCanonicalServiceName() {
    return null;
  }

  @Override
  @Deprecated
  public long getDefaultBlockSize() {
    return settings.blockSize();
  }

  @Override
  public long getDefaultBlockSize(Path path) {
    return settings.blockSize();
  }

  @Override
  public void close() throws IOException {
    try {
      super.close();
    } finally {
      if (executor != null) {
        executor.shutdown();
      }
    }
  }

  // --- status and listings ---------------------------------------------------------------------------------------

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    statistics.incrementReadOps(1);
    String key = key(path);
    S3Object object = key.isEmpty() ? null : client.head(key);
    if (object != null) {
      return file(object);
    }
    if (bucket.isDirectory(key)) {
      return directory(key);
    }
    throw new FileNotFoundException("No such file or directory: " + qualified(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    List<FileStatus> found = new ArrayList<>();
    RemoteIterators.foreach(listStatusIterator(path), found::add);
    return found.toArray(new FileStatus[0]);
  }

  @Override
  public RemoteIterator<FileStatus> listStatusIterator(Path path) throws IOException {
    return list(path, false);
  }

  /** Recursive: one flat listing, not a walk. */
  @Override
  public RemoteIterator<LocatedFileStatus> listFiles(Path path, boolean recursive) throws IOException {
    RemoteIterator<FileStatus> found = list(path, recursive);
    RemoteIterator<FileStatus> files = RemoteIterators.filteringRemoteIterator(found, FileStatus::isFile);
    return RemoteIterators.mappingRemoteIterator(files, file -> new LocatedFileStatus(file, getFileBlockLocations(file, 0, file.getLen())));
  }

  private RemoteIterator<FileStatus> list(Path path, boolean flat) throws IOException {
    statistics.incrementLargeReadOps(1);
    String key = key(path);
    Listing listing = new Listing(client, paths, bucket.directories, key, flat, this::file, this::directory);
    if (listing.start()) {
      return listing;
    }
    S3Object object = client.head(key);
    if (object == null) {
      throw new FileNotFoundException("No such file or directory: " + qualified(path));
    }
    return RemoteIterators.remoteIteratorFromSingleton(file(object));
  }

  // --- reading and writing ---------------------------------------------------------------------------------------

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    S3Object object = bucket.requireFile(key(path));
    return new FSDataInputStream(new S3InputStream(client, object, statistics));
  }

  @Override
  public FSDataOutputStream create(Path path, FsPermission permission, boolean overwrite, int bufferSize, short replication,
      long blockSize, Progressable progress) throws IOException {
    String key = key(path);
    requireNoDirectory(path, key);
    if (!overwrite && client.head(key) != null) {
      throw new FileAlreadyExistsException(qualified(path) + " already exists");
    }
    bucket.requireDirectoriesAbove(key);
    S3OutputStream out = new S3OutputStream(client, key, !overwrite, executor, statistics, () -> bucket.fileCreated(key));
    return new FSDataOutputStream(out, null); // the stream counts what it writes
  }

  @Override
  public FSDataOutputStream createNonRecursive(Path path, FsPermission permission, EnumSet<CreateFlag> flags, int bufferSize,
      short replication, long blockSize, Progressable progress) throws IOException {
    CreateFlag.validate(flags);
    if (flags.contains(CreateFlag.APPEND)) {
      return append(path, bufferSize, progress);
    }
    Path parent = qualified(path).getParent();
    if (parent != null && !getFileStatus(parent).isDirectory()) {
      throw new org.apache.hadoop.fs.ParentNotDirectoryException(parent + " is a file: nothing can be below it");
    }
    return create(path, permission, flags.contains(CreateFlag.OVERWRITE), bufferSize, replication, blockSize, progress);
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException("append is not supported: S3 objects cannot be extended (" + qualified(path) + ")");
  }

  private void requireNoDirectory(Path path, String key) throws IOException {
    if (bucket.isDirectory(key)) {
      throw new FileAlreadyExistsException(qualified(path) + " is a directory");
    }
  }

  // --- directories, deleting, renaming ---------------------------------------------------------------------------

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    String key = key(path);
    if (bucket.isDirectory(key)) {
      return true;
    }
    if (client.head(key) != null) {
      throw new FileAlreadyExistsException(qualified(path) + " is a file");
    }
    bucket.requireDirectoriesAbove(key);
    bucket.directories.made(key);
    return true;
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    statistics.incrementWriteOps(1);
    String key = key(path);
    S3Object object = key.isEmpty() ? null : client.head(key);
    if (object == null && !bucket.isDirectory(key)) {
      return false;
    }
    if (object != null) {
      client.delete(key);
    } else {
      deleteDirectory(path, key, recursive);
    }
    bucket.somethingLeft(Paths.parent(key));
    return true;
  }

  private void deleteDirectory(Path path, String key, boolean recursive) throws IOException {
    if (!recursive && !bucket.isEmpty(key)) {
      throw new PathIsNotEmptyDirectoryException(qualified(path).toString());
    }
    if (key.isEmpty()) {
      if (!bucket.isEmpty(key)) {
        throw new PathIOException(qualified(path).toString(), "a whole bucket is not deleted: delete what is in it");
      }
      return;
    }
    Deletion.tree(client, Paths.prefix(key));
    bucket.directories.removed(key);
  }

  @Override
  public boolean rename(Path source, Path target) throws IOException {
    statistics.incrementWriteOps(1);
    return new Renaming(bucket, new Copying(client, executor)).rename(key(source), key(target));
  }

  // --- helpers ---------------------------------------------------------------------------------------------------

  private Path qualified(Path path) {
    checkPath(path);
    return makeQualified(path);
  }

  private String key(Path path) {
    return Paths.key(qualified(path));
  }

  private FileStatus file(S3Object object) {
    return S3FileStatus.file(object, settings.blockSize(), paths.path(object.key()));
  }

  private FileStatus directory(String key) {
    return S3FileStatus.directory(paths.path(key));
  }
}
