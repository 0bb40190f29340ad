package amp.s3;

import java.util.List;

/** One answer of ListObjectsV2: objects, common prefixes, and the token of the next page (null: there is none). */
record Page(List<S3Object> objects, List<String> prefixes, String next) {}
