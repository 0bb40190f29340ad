package amp.s3;

import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;

/** A file or directory as Hadoop is told of it. S3 keeps no owners and modes: they are the user's own, and the defaults. */
@SuppressWarnings("serial")
final class S3FileStatus extends FileStatus implements EtagSource {
  private static final String USER = System.getProperty("user.name", "");

  private final String etag;

  private S3FileStatus(long length, boolean directory, long blockSize, long modified, String etag, Path path) {
    super(length, directory, 1, blockSize, modified, 0, directory ? FsPermission.getDirDefault() : FsPermission.getFileDefault(), USER, USER, path);
    this.etag = etag;
  }

  static S3FileStatus file(S3Object object, long blockSize, Path path) {
    return new S3FileStatus(object.size(), false, blockSize, object.modified(), S3Client.unquoted(object.etag()), path);
  }

  static S3FileStatus directory(Path path) {
    return new S3FileStatus(0, true, 0, 0, null, path);
  }

  @Override
  public String getEtag() {
    return etag;
  }

  @Override
  public boolean equals(Object other) {
    return super.equals(other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }
}
