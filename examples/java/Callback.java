// Hears from lunas how payments ended that were left open, with the library of Java 17 alone. Callbacks
// are JSON, for which Java has no reader; of flat fields this one is enough.
//
//     LUNAS_API_KEY=rahasia123 java Callback.java

// == Callback

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

public final class Callback {
    private static final int LONGEST = 64 * 1024;
    private static final String USERNAME = fromEnv("LUNAS_USERNAME", "081234567890");
    private static final String API_KEY = fromEnv("LUNAS_API_KEY", "");

    // In an application this is your table of payments, with tr_id as its key.
    private static final Set<String> HEARD = ConcurrentHashMap.newKeySet();

    /**
     * A text or a whole number; an application has a library for JSON. The pattern takes a text without
     * a way back ({@code *+}): with one, a long text would overflow the stack.
     */
    private static String field(String json, String name) {
        var found = Pattern.compile("\"" + name + "\"\\s*:\\s*(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|(\\d+))").matcher(json);
        if (!found.find()) {
            throw new IllegalArgumentException(name);
        }
        return found.group(1) != null ? found.group(1) : found.group(2);
    }

    private static boolean isSigned(String refId, String sign) throws Exception {
        var signed = (USERNAME + API_KEY + refId).getBytes(StandardCharsets.UTF_8);
        var expected = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(signed));
        // Compared in constant time: how long it takes tells nothing about the right signature.
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), sign.getBytes(StandardCharsets.UTF_8));
    }

    /** It is news and no proof: who moves money by it asks for the status first. */
    private static String take(String json) {
        if (!HEARD.add(field(json, "tr_id"))) {
            return "again, nothing to do"; // The same news may come twice.
        }
        var code = field(json, "response_code");
        return code.equals("00")
            ? "paid, reference " + field(json, "noref")
            : "failed: " + code + " " + field(json, "message");
    }

    private static int receive(HttpExchange exchange) throws Exception {
        if (!exchange.getRequestMethod().equals("POST")) {
            return 405;
        }
        var body = exchange.getRequestBody().readNBytes(LONGEST + 1);
        if (body.length > LONGEST) {
            return 413;
        }
        var json = new String(body, StandardCharsets.UTF_8);
        try {
            var refId = field(json, "ref_id");
            if (!isSigned(refId, field(json, "sign"))) {
                return 403;
            }
            System.out.println("Callback: " + refId + " " + take(json));
        } catch (IllegalArgumentException unreadable) {
            return 400;
        }
        // Whatever takes long comes after the answer: lunas waits for ten seconds.
        return 200;
    }

    public static void main(String[] arguments) throws IOException {
        if (API_KEY.isEmpty()) {
            System.err.println("set LUNAS_API_KEY to your API key");
            System.exit(1);
        }
        var port = Integer.parseInt(fromEnv("LUNAS_CALLBACK_PORT", "8090"));
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/callback", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(receive(exchange), -1);
            } catch (Exception failed) {
                throw new IOException(failed);
            }
        });
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();
        System.out.println("Listening on http://127.0.0.1:" + port + "/callback");
    }

    private static String fromEnv(String name, String otherwise) {
        var value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
