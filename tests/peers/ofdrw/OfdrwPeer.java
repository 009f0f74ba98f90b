// SPDX-License-Identifier: Apache-2.0
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.converter.export.ImageExporter;
import org.ofdrw.core.signatures.SigType;
import org.ofdrw.gm.ses.v4.SESeal;
import org.ofdrw.reader.ContentExtractor;
import org.ofdrw.reader.OFDReader;
import org.ofdrw.sign.OFDSigner;
import org.ofdrw.sign.SignMode;
import org.ofdrw.sign.signContainer.GBT35275DSContainer;
import org.ofdrw.sign.signContainer.SESV4Container;
import org.ofdrw.sign.stamppos.NormalStampPos;
import org.ofdrw.sign.stamppos.RidingStampPos;
import org.ofdrw.sign.verify.OFDValidator;
import org.ofdrw.sign.verify.SignedDataValidateContainer;
import org.ofdrw.sign.verify.container.GBT35275ValidateContainer;
import org.ofdrw.sign.verify.container.SESV4ValidateContainer;

/**
 * One JVM for many files.  Each line of the input is a command and its arguments, separated by tabs; each is
 * answered by one line: "ok", a tab and the result, or "no", a tab and the name and words of an exception.
 */
public class OfdrwPeer {
    private static final BouncyCastleProvider BC = new BouncyCastleProvider();

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String answer;
            try {
                answer = "ok\t" + answer(line.split("\t"));
            } catch (Throwable error) {
                answer = "no\t" + error.getClass().getSimpleName() + ": " + error.getMessage();
            }
            out.println(answer.replace("\n", "\\n").replace("\r", ""));
        }
    }

    private static String answer(String[] asked) throws Exception {
        switch (asked[0]) {
            case "verify":
                return verify(Paths.get(asked[1]));
            case "text":
                return text(Paths.get(asked[1]));
            case "image":
                return image(Paths.get(asked[1]), Paths.get(asked[2]));
            case "sign":
                sign(Paths.get(asked[1]), Paths.get(asked[2]), asked[3], asked[4], asked[5], asked[6], asked[7]);
                return "";
            case "rate":
                return rate(asked);
            default:
                throw new IllegalArgumentException(asked[0]);
        }
    }

    /** Every signature, each by the container for its type. */
    private static String verify(Path file) throws Exception {
        int[] count = new int[1];
        SignedDataValidateContainer each = new SignedDataValidateContainer() {
            @Override
            public void validate(SigType type, String algorithm, byte[] signed, byte[] value)
                    throws GeneralSecurityException, java.io.IOException {
                count[0]++;
                if (type == SigType.Sign) {
                    new GBT35275ValidateContainer().validate(type, algorithm, signed, value);
                } else {
                    new SESV4ValidateContainer().validate(type, algorithm, signed, value);
                }
            }
        };
        try (OFDReader reader = new OFDReader(file); OFDValidator validator = new OFDValidator(reader)) {
            validator.setValidator(each);
            validator.exeValidate();
        }
        return Integer.toString(count[0]);
    }

    private static String text(Path file) throws Exception {
        try (OFDReader reader = new OFDReader(file)) {
            List<String> found = new ContentExtractor(reader).extractAll();
            return String.join("\u2028", found);
        }
    }

    private static String image(Path file, Path folder) throws Exception {
        try (ImageExporter exporter = new ImageExporter(file, folder, "PNG", 4d)) {
            exporter.export();
            return String.join("\u2028", exporter.getImgFilePaths().stream().map(Path::toString).toList());
        }
    }

    private static PrivateKey key(String base64) throws Exception {
        return KeyFactory.getInstance("EC", BC).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    private static Certificate certificate(String base64) throws Exception {
        return CertificateFactory.getInstance("X.509", BC)
                .generateCertificate(new java.io.ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }

    private static void sign(Path in, Path out, String mode, String place, String key, String certificate, String esl)
            throws Exception {
        OFDReader reader = new OFDReader(in);
        try (OFDSigner signer = new OFDSigner(reader, out)) {
            signer.setSignMode(mode.equals("whole") ? SignMode.WholeProtected : SignMode.ContinueSign);
            if (place.equals("close")) {
                signer.setSignContainer(new GBT35275DSContainer(certificate(certificate), key(key)));
            } else {
                SESeal seal = SESeal.getInstance(Base64.getDecoder().decode(esl));
                signer.setSignContainer(new SESV4Container(key(key), seal, certificate(certificate)));
                if (place.equals("ride")) {
                    signer.addApPos(new RidingStampPos(40, 40));
                } else {
                    signer.addApPos(new NormalStampPos(1, 120, 200, 40, 40));
                }
            }
            signer.exeSign();
        }
    }

    /** How many documents ofdrw signs in so many seconds of its thread's processor time, after as long to warm up. */
    private static String rate(String[] asked) throws Exception {
        double seconds = Double.parseDouble(asked[8]);
        double last = 0;
        ThreadMXBean clock = ManagementFactory.getThreadMXBean();
        for (int round = 0; round < 2; round++) {
            int count = 0;
            long begun = clock.getCurrentThreadCpuTime();
            while (clock.getCurrentThreadCpuTime() - begun < seconds * 1e9) {
                sign(Paths.get(asked[1]), Paths.get(asked[2]), asked[3], asked[4], asked[5], asked[6], asked[7]);
                count++;
            }
            last = count / ((clock.getCurrentThreadCpuTime() - begun) / 1e9);
        }
        return Double.toString(last);
    }
}
