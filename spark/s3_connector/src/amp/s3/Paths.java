package amp.s3;

import java.net.URI;
import org.apache.hadoop.fs.Path;

/** Paths and keys: `s3a://bucket/a/b` is the key `a/b`; as a directory it is the prefix `a/b/`; the root is the empty key. */
final class Paths {
  private final URI root;

  Paths(URI root) {
    this.root = root;
  }

  static String key(Path absolute) {
    String path = absolute.toUri().getPath();
    return path.startsWith("/") ? path.substring(1) : path;
  }

  Path path(String key) {
    String name = key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    return new Path(root.getScheme(), root.getAuthority(), "/" + name);
  }

  /** Whether a path can name this key: not so for `a//b`, `a/./b`, `a/../b`, which are other paths once written as one. */
  boolean reachable(String key) {
    String name = key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    return !name.isEmpty() && !name.endsWith("/") && key(path(name)).equals(name);
  }

  static String prefix(String key) {
    return key.isEmpty() ? "" : key + "/";
  }

  /** The key of the directory that holds this key; null for the root. */
  static String parent(String key) {
    return key.isEmpty() ? null : key.substring(0, Math.max(0, key.lastIndexOf('/')));
  }
}
