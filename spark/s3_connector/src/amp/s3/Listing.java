package amp.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Function;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a directory holds, page by page: files and directories right below it, or all files however deep.
 *
 * <p>Objects that stand for directories (`x/`, and `x_$folder$` of older tools) are not listed as files.
 *
 * <p>**Left out:** objects that no Hadoop path can name (`a//b`, `a/../b`): a warning names them.
 */
final class Listing implements RemoteIterator<FileStatus> {
  private static final Logger LOG = LoggerFactory.getLogger(Listing.class);
  private static final String OLD_MARKER = "_$folder$";

  private final S3Client client;
  private final Paths paths;
  private final Directories directories;
  private final String key;
  private final boolean flat;
  private final Function<S3Object, FileStatus> file;
  private final Function<String, FileStatus> directory;
  private final Deque<FileStatus> ready = new ArrayDeque<>();
  private final Set<String> seenDirectories = new HashSet<>();
  private String token;
  private boolean ended;
  private boolean exists;

  Listing(S3Client client, Paths paths, Directories directories, String key, boolean flat,
      Function<S3Object, FileStatus> file, Function<String, FileStatus> directory) {
    this.client = client;
    this.paths = paths;
    this.directories = directories;
    this.key = key;
    this.flat = flat;
    this.file = file;
    this.directory = directory;
    exists = key.isEmpty();
  }

  /** Read the first page. False: there is no such directory (there may be a file). */
  boolean start() throws IOException {
    fill();
    return exists;
  }

  @Override
  public boolean hasNext() throws IOException {
    while (ready.isEmpty() && !ended) {
      fill();
    }
    return !ready.isEmpty();
  }

  @Override
  public FileStatus next() throws IOException {
    if (!hasNext()) {
      throw new NoSuchElementException("no more in " + client.uri(key));
    }
    return ready.remove();
  }

  private void fill() throws IOException {
    Page page;
    try {
      page = client.list(Paths.prefix(key), flat, token, client.settings.pageSize());
    } catch (FileNotFoundException e) {
      throw new IOException(e.getMessage(), e); // a listing is never "not found": this server speaks something else
    }
    token = page.next();
    ended = token == null;
    exists |= !page.objects().isEmpty() || !page.prefixes().isEmpty();
    page.objects().forEach(this::addFile);
    page.prefixes().forEach(prefix -> addDirectory(prefix.substring(0, prefix.length() - 1)));
    if (ended) {
      exists |= directories.exists(key);
      if (!flat) {
        directories.children(key).forEach(this::addDirectory);
      }
    }
  }

  private void addFile(S3Object object) {
    boolean marker = object.key().endsWith("/") || object.key().endsWith(OLD_MARKER);
    if (!marker && reachable(object.key())) {
      ready.add(file.apply(object));
    }
  }

  private void addDirectory(String name) {
    if (reachable(name + "/") && seenDirectories.add(name)) {
      ready.add(directory.apply(name));
    }
  }

  private boolean reachable(String name) {
    boolean reachable = paths.reachable(name);
    if (!reachable) {
      LOG.warn("{} is passed over: no Hadoop path can name it", client.uri(name));
    }
    return reachable;
  }
}
