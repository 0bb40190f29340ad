package amp.s3;

/** A key with what S3 tells of its object. */
record S3Object(String key, long size, long modified, String etag) {}
