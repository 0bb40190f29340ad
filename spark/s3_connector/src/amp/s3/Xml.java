package amp.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** S3's XML: answers read with the JDK's parser (DTDs and external entities off), requests written. */
final class Xml {
  private Xml() {}

  static Element parse(byte[] text) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature("http://javax.xml.XMLConstants/feature/secure-processing", true);
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      DocumentBuilder builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null); // errors are thrown; the default handler also prints them
      return builder.parse(new ByteArrayInputStream(text)).getDocumentElement();
    } catch (SAXException e) {
      throw new IOException("S3's answer is no XML: " + e.getMessage(), e);
    } catch (ParserConfigurationException e) {
      throw new IllegalStateException("this Java's XML parser cannot be made safe", e);
    }
  }

  static String text(Element parent, String name) {
    for (Element child : children(parent)) {
      if (child.getLocalName() == null ? child.getNodeName().equals(name) : child.getLocalName().equals(name)) {
        return child.getTextContent();
      }
    }
    return null;
  }

  static List<Element> children(Element parent) {
    List<Element> found = new ArrayList<>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        found.add(element);
      }
    }
    return found;
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, asked for with encoding-type=url. */
  static Page page(byte[] answer) throws IOException {
    Element root = parse(answer);
    boolean encoded = "url".equals(text(root, "EncodingType"));
    List<S3Object> objects = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    for (Element element : children(root)) {
      if (element.getNodeName().equals("Contents")) {
        objects.add(object(element, encoded));
      } else if (element.getNodeName().equals("CommonPrefixes")) {
        prefixes.add(decoded(text(element, "Prefix"), encoded));
      }
    }
    boolean more = "true".equals(text(root, "IsTruncated"));
    String next = text(root, "NextContinuationToken");
    if (more && next == null) {
      throw new IOException("S3's listing goes on, and says not where");
    }
    return new Page(objects, prefixes, more ? next : null);
  }

  private static S3Object object(Element element, boolean encoded) {
    String key = decoded(text(element, "Key"), encoded);
    long modified = Instant.parse(text(element, "LastModified")).toEpochMilli();
    return new S3Object(key, Long.parseLong(text(element, "Size")), modified, text(element, "ETag"));
  }

  private static String decoded(String text, boolean encoded) {
    return encoded ? URLDecoder.decode(text, StandardCharsets.UTF_8) : text;
  }

  static String completion(Map<Integer, String> etags) {
    StringBuilder xml = new StringBuilder("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    etags.forEach((number, etag) ->
        xml.append("<Part><PartNumber>").append(number).append("</PartNumber><ETag>").append(escape(etag)).append("</ETag></Part>"));
    return xml.append("</CompleteMultipartUpload>").toString();
  }

  static String deletion(List<String> keys) {
    StringBuilder xml = new StringBuilder("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
    keys.forEach(key -> xml.append("<Object><Key>").append(escape(key)).append("</Key></Object>"));
    return xml.append("</Delete>").toString();
  }

  /** Whether XML 1.0 can say this key at all. */
  static boolean canSay(String key) {
    return key.codePoints().allMatch(c ->
        c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;")
        .replace("\r", "&#13;").replace("\n", "&#10;").replace("\t", "&#9;");
  }
}
