// Writes answers.jsonl anew: what Apache Velocity makes of each template in it. The first line is
// the body of the request; every other is [template, output], output null for a template that
// fails. `$input` and `$util` are stand-ins of ours over Jayway's JsonPath and commons-lang, without
// which nothing would be there to print; everything else is Velocity's.
//
//   mvn dependency:copy-dependencies -DoutputDirectory=lib   # velocity 1.7, json-path 2.9.0
//   java -cp 'lib/*' Answers.java < answers.jsonl > new.jsonl
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import net.minidev.json.JSONArray;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.runtime.RuntimeConstants;

public class Answers {
  static Object parse(String text) {
    return Configuration.defaultConfiguration().jsonProvider().parse(text);
  }

  public static class Input {
    final String body;
    Input(String body) { this.body = body; }
    public String getBody() { return body; }
    public Object path(String path) {
      try { return JsonPath.read(parse(body), path); } catch (PathNotFoundException none) { return ""; }
    }
    public String json(String path) {
      return JSONValue.toJSONString(path(path), JSONStyle.LT_COMPRESS);
    }
    public String params(String name) { return "p-" + name; }
  }

  public static class Util {
    public String base64Encode(Object value) {
      return Base64.getEncoder().encodeToString(String.valueOf(value).getBytes(StandardCharsets.UTF_8));
    }
    public String escapeJavaScript(String text) { return StringEscapeUtils.escapeJavaScript(text); }
    public Object parseJson(String text) { return parse(text); }
  }

  public static void main(String[] args) throws Exception {
    VelocityEngine engine = new VelocityEngine();
    engine.setProperty(RuntimeConstants.RUNTIME_LOG_LOGSYSTEM_CLASS, "org.apache.velocity.runtime.log.NullLogChute");
    engine.init();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    String body = in.readLine();
    out.println(body);
    for (String line; (line = in.readLine()) != null;) {
      String template = (String) ((JSONArray) parse(line)).get(0);
      VelocityContext context = new VelocityContext();
      context.put("input", new Input(body));
      context.put("util", new Util());
      StringWriter written = new StringWriter();
      String output;
      try {
        engine.evaluate(context, written, "case", template);
        output = written.toString();
      } catch (Exception failed) {
        output = null;
        System.err.println(template.replace("\n", "\\n") + " -> " + failed);
      }
      JSONArray answer = new JSONArray();
      answer.add(template);
      answer.add(output);
      out.println(answer.toJSONString(JSONStyle.LT_COMPRESS));
    }
    out.flush();
  }
}
