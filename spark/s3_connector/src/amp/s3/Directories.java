package amp.s3;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * The empty directories of a bucket, in the memory of this process and nowhere else.
 *
 * <p>S3 has no directories: keys imply them. One that was made and is still empty has no key, and an object that stands
 * for it (`dt=2026-01-01/`) would be seen by every other reader of the bucket. So it is remembered here, until something
 * is written below it. Docs: decision 15.
 *
 * <p>**Left out:** other processes do not see an empty directory; its parents they see as soon as there is a file.
 */
final class Directories {
  private static final Map<String, Directories> OF_BUCKETS = new ConcurrentHashMap<>();

  private final ConcurrentSkipListSet<String> prefixes = new ConcurrentSkipListSet<>();

  /** All file systems of one bucket in this process share what they know. */
  static Directories of(Settings settings, String bucket) {
    return OF_BUCKETS.computeIfAbsent(settings.endpoint() + " " + bucket, name -> new Directories());
  }

  void made(String key) {
    if (!key.isEmpty()) {
      prefixes.add(key + "/");
    }
  }

  boolean exists(String key) {
    String prefix = Paths.prefix(key);
    String next = prefixes.ceiling(prefix);
    return next != null && next.startsWith(prefix);
  }

  boolean hasChildren(String key) {
    return !below(key).isEmpty();
  }

  /** The keys of the directories right under this one. */
  SortedSet<String> children(String key) {
    String prefix = Paths.prefix(key);
    SortedSet<String> found = new TreeSet<>();
    for (String below : below(key)) {
      found.add(below.substring(0, below.indexOf('/', prefix.length())));
    }
    return found;
  }

  /** Something was written to this key: the directories above it are implied from now on. */
  void implied(String key) {
    for (String above = Paths.parent(key); above != null && !above.isEmpty(); above = Paths.parent(above)) {
      prefixes.remove(above + "/");
    }
  }

  void removed(String key) {
    prefixes.removeAll(below(key));
    prefixes.remove(Paths.prefix(key));
  }

  void renamed(String from, String to) {
    String prefix = Paths.prefix(from);
    for (String below : below(from)) {
      prefixes.add(Paths.prefix(to) + below.substring(prefix.length()));
    }
    removed(from);
  }

  private List<String> below(String key) {
    String prefix = Paths.prefix(key);
    List<String> found = new ArrayList<>();
    for (String below : prefixes.tailSet(prefix, false)) {
      if (!below.startsWith(prefix)) {
        break;
      }
      found.add(below);
    }
    return found;
  }
}
