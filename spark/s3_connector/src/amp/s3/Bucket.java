package amp.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.fs.ParentNotDirectoryException;

/** What is at a key: an object, a directory (implied by keys, a marker of other tools, or made here and empty), or nothing. */
final class Bucket {
  private static final int PARENTS_REMEMBERED = 10_000;

  final S3Client client;
  final Directories directories;
  private final Set<String> knownParents = Collections.newSetFromMap(Collections.synchronizedMap(
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > PARENTS_REMEMBERED;
        }
      }));

  Bucket(S3Client client, Directories directories) {
    this.client = client;
    this.directories = directories;
  }

  /** Whether there is a directory: one LIST, which also finds out whether there is a bucket. */
  boolean isDirectory(String key) throws IOException {
    Page page = client.list(Paths.prefix(key), true, null, 1);
    return key.isEmpty() || !page.objects().isEmpty() || directories.exists(key);
  }

  /** Whether a directory holds anything but its own marker. */
  boolean isEmpty(String key) throws IOException {
    String prefix = Paths.prefix(key);
    Page page = client.list(prefix, true, null, 2);
    return page.objects().stream().allMatch(object -> object.key().equals(prefix)) && !directories.hasChildren(key);
  }

  /**
   * A file has nothing below it: an error where a part of this key's path is one. What was found to be none is
   * remembered, so that the many files of a job cost no extra requests.
   */
  void requireDirectoriesAbove(String key) throws IOException {
    for (String above = Paths.parent(key); above != null && !above.isEmpty(); above = Paths.parent(above)) {
      if (knownParents.contains(above)) {
        return;
      }
      if (isFile(above)) {
        throw new ParentNotDirectoryException(client.uri(above) + " is a file: nothing can be below it");
      }
      knownParents.add(above);
    }
  }

  /** Where a policy forbids to look at a prefix above the one it grants, there is nothing to find out. */
  private boolean isFile(String key) throws IOException {
    try {
      return client.head(key) != null;
    } catch (AccessDeniedException e) {
      return false;
    }
  }

  /** A file appeared at this key. */
  void fileCreated(String key) {
    knownParents.remove(key);
    directories.implied(key);
  }

  /** Something was taken out of this directory; when nothing is left, it stays as an empty one, as on any file system. */
  void somethingLeft(String directory) throws IOException {
    if (directory != null && !directory.isEmpty() && !isDirectory(directory)) {
      directories.made(directory);
    }
  }

  S3Object requireFile(String key) throws IOException {
    S3Object object = key.isEmpty() ? null : client.head(key);
    if (object == null) {
      String what = isDirectory(key) ? "is a directory, not a file" : "does not exist";
      throw new FileNotFoundException(client.uri(key) + " " + what);
    }
    return object;
  }
}
