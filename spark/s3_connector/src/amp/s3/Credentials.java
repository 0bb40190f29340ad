package amp.s3;

/** Who asks: an access key, its secret, and the token of a temporary one (or null). `ANONYMOUS` signs nothing. */
record Credentials(String accessKey, String secretKey, String sessionToken) {
  static final Credentials ANONYMOUS = new Credentials(null, null, null);

  boolean anonymous() {
    return accessKey == null;
  }

  /** Without the secret, so that no log ever shows it. */
  @Override
  public String toString() {
    return anonymous() ? "anonymous" : "access key " + accessKey;
  }
}
