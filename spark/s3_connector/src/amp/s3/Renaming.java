package amp.s3;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FileAlreadyExistsException;

/**
 * rename as the Hadoop specification words it: into an existing directory, never over anything.
 *
 * <p>Everything is copied before anything is deleted, so a failure leaves the source whole; what was copied by then stays
 * at the target, and the exception says so.
 *
 * <p>**Left out:** atomicity; readers see source and target together for a while. A missing parent of the target is no
 * error, because directories are implied by keys.
 */
final class Renaming {
  private final Bucket bucket;
  private final S3Client client;
  private final Copying copying;

  Renaming(Bucket bucket, Copying copying) {
    this.bucket = bucket;
    this.client = bucket.client;
    this.copying = copying;
  }

  boolean rename(String from, String to) throws IOException {
    S3Object file = from.isEmpty() ? null : client.head(from);
    if (file == null && !bucket.isDirectory(from)) {
      throw new FileNotFoundException("No such file or directory: " + client.uri(from));
    }
    if (from.equals(to)) {
      return true;
    }
    if (from.isEmpty() || to.startsWith(from + "/")) {
      throw new IOException(client.uri(from) + " cannot be renamed to what is below it: " + client.uri(to));
    }
    String target = target(from, to);
    if (target.equals(from)) {
      return true; // into the directory where it is
    }
    bucket.requireDirectoriesAbove(target);
    if (file != null) {
      renameFile(file, target);
    } else {
      renameDirectory(from, target);
    }
    bucket.fileCreated(target);
    bucket.somethingLeft(Paths.parent(from));
    return true;
  }

  /** Where it goes: into the target when that is a directory, else to the target itself, where nothing may be yet. */
  private String target(String from, String to) throws IOException {
    if (!to.isEmpty() && client.head(to) != null) {
      throw new FileAlreadyExistsException(client.uri(to) + " exists; nothing is renamed over it");
    }
    if (!bucket.isDirectory(to)) {
      return to;
    }
    String inside = Paths.prefix(to) + from.substring(from.lastIndexOf('/') + 1);
    if (!inside.equals(from) && (client.head(inside) != null || bucket.isDirectory(inside) && !bucket.isEmpty(inside))) {
      throw new FileAlreadyExistsException(client.uri(inside) + " exists; nothing is renamed over it");
    }
    return inside;
  }

  private void renameFile(S3Object file, String target) throws IOException {
    copying.object(file, target);
    client.delete(file.key());
  }

  private void renameDirectory(String from, String target) throws IOException {
    List<String> copied;
    try {
      copied = copying.tree(Paths.prefix(from), Paths.prefix(target));
    } catch (IOException e) {
      throw new IOException("renaming " + client.uri(from) + " to " + client.uri(target) + " failed while copying; the source is whole, "
          + "the target may hold a part of it: " + e.getMessage(), e);
    }
    Deletion.keys(client, copied);
    bucket.directories.renamed(from, target);
    bucket.directories.made(target);
    for (String marker : copied.stream().filter(key -> key.endsWith("/") && key.length() > from.length() + 1).toList()) {
      bucket.directories.made(Paths.prefix(target) + marker.substring(from.length() + 1, marker.length() - 1));
    }
    for (String key : copied) {
      if (!key.endsWith("/")) {
        bucket.directories.implied(Paths.prefix(target) + key.substring(from.length() + 1));
      }
    }
  }
}
