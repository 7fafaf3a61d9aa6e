// Pays a bill over lunas, with the library of Java 17 alone. It speaks XML: Java reads that without
// help, and the API answers in the format of the request.
//
//     LUNAS_API_KEY=rahasia123 java Pay.java

import java.io.ByteArrayInputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.stream.XMLOutputFactory;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

public final class Pay {
    // == Setup

    private static final String URL = fromEnv("LUNAS_URL", "http://127.0.0.1:8080");
    private static final String USERNAME = fromEnv("LUNAS_USERNAME", "081234567890");
    private static final String API_KEY = fromEnv("LUNAS_API_KEY", "");

    // An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
    private static final Duration PATIENCE = Duration.ofSeconds(35);
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Nobody knows what became of the request: it may have been carried out. */
    private static final class NoAnswer extends Exception {
        NoAnswer(String reason) {
            super(reason);
        }
    }

    /** There is an outcome, and it is not the one that was wanted. */
    private static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }

    /** An answer, of which amounts are whole rupiah. */
    private record Answer(Element mp) {
        String text(String field) {
            var found = mp.getElementsByTagName(field).item(0);
            return found == null ? "" : found.getTextContent();
        }

        long number(String field) {
            return Long.parseLong(text(field));
        }

        String code() {
            return text("response_code");
        }
    }

    private static String sign(String suffix) throws Exception {
        var signed = (USERNAME + API_KEY + suffix).getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(signed));
    }

    /** The body of the answer; a status other than 200 and 400 says nothing about the outcome. */
    private static byte[] fetch(HttpRequest request, Duration patience) throws Exception {
        // The future's deadline holds for the body, too: the request's own ends with the headers.
        var coming = CLIENT.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            var response = coming.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200 && response.statusCode() != 400) {
                throw new NoAnswer("HTTP status " + response.statusCode());
            }
            return response.body();
        } catch (TimeoutException late) {
            coming.cancel(true);
            throw new NoAnswer("none within " + patience.toMillis() + " ms");
        } catch (ExecutionException failed) {
            throw new NoAnswer(String.valueOf(failed.getCause()));
        }
    }

    private static Answer send(
            String command, String signed, Map<String, String> fields, Duration patience)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create(URL + "/api/v1/bill/check"))
                .header("Content-Type", "application/xml")
                .POST(HttpRequest.BodyPublishers.ofString(encode(command, sign(signed), fields)))
                .build();
        var body = fetch(request, patience);
        var factory = DocumentBuilderFactory.newInstance();
        // Without this a document from outside could have files read and addresses opened.
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        try {
            var document = factory.newDocumentBuilder().parse(new ByteArrayInputStream(body));
            return new Answer(document.getDocumentElement());
        } catch (SAXException unreadable) {
            throw new NoAnswer("it cannot be read");
        }
    }

    private static String encode(String command, String sign, Map<String, String> fields)
            throws Exception {
        var all = new HashMap<>(fields);
        all.putAll(Map.of("commands", command, "username", USERNAME, "sign", sign));
        var text = new StringWriter();
        var xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
        xml.writeStartElement("mp");
        for (var field : all.entrySet()) {
            xml.writeStartElement(field.getKey());
            xml.writeCharacters(field.getValue());
            xml.writeEndElement();
        }
        xml.writeEndElement();
        xml.close();
        return text.toString();
    }

    // == Inquiry

    private static Answer inquire(String code, String hp, String month) throws Exception {
        // Store your ref_id before it is sent: it is what you ask by when an answer is lost.
        var refId = "java-" + UUID.randomUUID();
        var fields = Map.of("code", code, "hp", hp, "month", month, "ref_id", refId);
        var bill = send("inq-pasca", refId, fields, PATIENCE);
        if (!bill.code().equals("00")) {
            throw new Refused("Inquiry refused: " + bill.code() + " " + bill.text("message"));
        }
        // The customer pays the price, your deposit the selling price.
        System.out.printf("Inquiry: %s owes Rp %d, you pay Rp %d%n",
                bill.text("tr_name"), bill.number("price"), bill.number("selling_price"));
        return bill;
    }

    // == Payment

    private static void pay(Answer bill, Duration patience) throws Exception {
        Optional<Answer> answer;
        try {
            answer = Optional.of(sendPayment(bill, patience));
        } catch (NoAnswer lost) {
            System.out.printf(
                    "Payment: answer lost (%s), asking for the status%n", lost.getMessage());
            answer = Optional.empty();
        }
        settle(bill, answer);
    }

    private static Answer sendPayment(Answer bill, Duration patience) throws Exception {
        var trId = bill.text("tr_id");
        return send("pay-pasca", trId, Map.of("tr_id", trId), patience);
    }

    // == Check status after a lost answer

    /**
     * Asks until there is an outcome. A lost answer is no failure. To pay under a new ref_id could
     * pay twice, and to give your customer the money back could give away a bill that is paid.
     */
    private static void settle(Answer bill, Optional<Answer> answer) throws Exception {
        var refId = bill.text("ref_id");
        for (int asked = 0; asked < 60; asked++) {
            var code = answer.map(Answer::code).orElse("unknown");
            try {
                switch (code) {
                    case "00" -> {
                        System.out.printf("Payment: paid, reference %s, deposit Rp %d%n",
                                answer.get().text("noref"), answer.get().number("balance"));
                        return;
                    }
                    // In process, or paid before: the status tells.
                    case "unknown", "39", "01" -> {
                        Thread.sleep(1000);
                        var fields = Map.of("ref_id", refId);
                        answer = Optional.of(send("checkstatus", "cs", fields, PATIENCE));
                    }
                    // The payment never arrived. The same tr_id is paid once at most.
                    case "42" -> answer = Optional.of(sendPayment(bill, PATIENCE));
                    default -> throw new Refused(
                            "Payment failed: " + code + " " + answer.get().text("message"));
                }
            } catch (NoAnswer lost) {
                answer = Optional.empty();
            }
        }
        throw new Refused("Payment: no outcome yet; ask for the status of " + refId + " later");
    }

    // == Receipt

    private static void saveReceipt(String trId) throws Exception {
        // A receipt holds a person's data, so its request is signed, too.
        var query = "username=" + USERNAME + "&sign=" + sign(trId + "receipt");
        var address = URI.create(URL + "/api/v1/download/" + trId + "?" + query);
        var pdf = fetch(HttpRequest.newBuilder(address).build(), PATIENCE);
        if (!new String(pdf, StandardCharsets.ISO_8859_1).startsWith("%PDF")) {
            throw new Refused("Receipt refused: " + new String(pdf, StandardCharsets.UTF_8));
        }
        Files.write(Path.of("receipt-" + trId + ".pdf"), pdf);
        System.out.printf("Receipt: receipt-%s.pdf%n", trId);
    }

    // == All together

    public static void main(String[] arguments) throws Exception {
        try {
            if (API_KEY.isEmpty()) {
                throw new Refused("set LUNAS_API_KEY to your API key");
            }
            var bill = inquire("BPJS", "8801234560001", "2");
            pay(bill, PATIENCE);
            saveReceipt(bill.text("tr_id"));

            // Half a second is too short on purpose: a server that takes its time loses this answer.
            pay(inquire("BPJS", "8801234560001", "2"), Duration.ofMillis(500));
        } catch (NoAnswer | Refused failure) {
            System.err.println(failure.getMessage());
            System.exit(1);
        }
    }

    private static String fromEnv(String name, String otherwise) {
        return Optional.ofNullable(System.getenv(name)).orElse(otherwise);
    }
}
