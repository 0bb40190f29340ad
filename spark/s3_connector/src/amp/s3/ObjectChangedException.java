package amp.s3;

import java.io.IOException;

/** The object was replaced or removed while it was being read or copied: no mixture of two versions is ever handed out. */
@SuppressWarnings("serial")
public final class ObjectChangedException extends IOException {
  ObjectChangedException(String uri, String expected, String found) {
    super(uri + " changed while it was read: its ETag was " + expected + " and is now " + (found == null ? "another" : found));
  }
}
