// SPDX-License-Identifier: Apache-2.0
// Makes the PKCS #12 files of tests/vectors/pkcs12 with BouncyCastle: java -cp "lib/*" Pkcs12.java OUT_FOLDER
import java.io.FileOutputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

public class Pkcs12 {
  static final String PASSPHRASE = "INSECURE-passphrase";

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    write(args[0], "sm2", "EC", new ECGenParameterSpec("sm2p256v1"), "SM3withSM2");
    write(args[0], "p384", "EC", new ECGenParameterSpec("secp384r1"), "SHA384withECDSA");
  }

  static void write(String folder, String name, String kind, ECGenParameterSpec curve, String scheme)
      throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(kind, "BC");
    generator.initialize(curve, new SecureRandom());
    KeyPair pair = generator.generateKeyPair();
    X500Name subject = new X500Name("CN=BouncyCastle " + name);
    var builder = new JcaX509v3CertificateBuilder(subject, BigInteger.valueOf(7), new Date(1700000000000L),
        new Date(2000000000000L), subject, pair.getPublic());
    var signer = new JcaContentSignerBuilder(scheme).setProvider("BC").build(pair.getPrivate());
    Certificate certificate =
        new JcaX509CertificateConverter().setProvider("BC").getCertificate(builder.build(signer));
    for (String type : new String[] {"PKCS12", "PKCS12-AES256-AES128"}) {
      KeyStore store = KeyStore.getInstance(type, "BC");
      store.load(null, null);
      store.setKeyEntry("key", pair.getPrivate(), PASSPHRASE.toCharArray(), new Certificate[] {certificate});
      String file = "INSECURE-bouncycastle-" + name + (type.equals("PKCS12") ? "-default" : "-aes") + ".p12";
      try (FileOutputStream out = new FileOutputStream(Path.of(folder, file).toFile())) {
        store.store(out, PASSPHRASE.toCharArray());
      }
    }
    Files.write(Path.of(folder, "bouncycastle-" + name + ".spki"), pair.getPublic().getEncoded());
  }
}
