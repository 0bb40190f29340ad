package amp.s3;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;

/** The same file system for Hadoop's FileContext, which Spark's streaming checkpoints use: `fs.AbstractFileSystem.s3a.impl`. */
public final class S3AbstractFileSystem extends DelegateToFileSystem {
  public S3AbstractFileSystem(URI uri, Configuration conf) throws IOException, URISyntaxException {
    super(uri, new S3FileSystem(), conf, uri.getScheme(), false);
  }

  /** Buckets have no port. */
  @Override
  public int getUriDefaultPort() {
    return -1;
  }
}
