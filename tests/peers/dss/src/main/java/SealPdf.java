// SPDX-License-Identifier: Apache-2.0
// EU DSS as it comes: PAdES B-B with a visible picture, timed inside the virtual machine after a warm-up.
// Arguments: document, PKCS#12, passphrase, picture, file for one result, seconds. Prints one line of JSON.

import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.SignatureFieldParameters;
import eu.europa.esig.dss.pades.SignatureImageParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;

public final class SealPdf {
  public static void main(String[] args) throws Exception {
    byte[] document = Files.readAllBytes(Path.of(args[0]));
    byte[] picture = Files.readAllBytes(Path.of(args[3]));
    double seconds = Double.parseDouble(args[5]);
    try (Pkcs12SignatureToken token =
        new Pkcs12SignatureToken(args[1], new PasswordProtection(args[2].toCharArray()))) {
      DSSPrivateKeyEntry key = token.getKeys().get(0);
      PAdESService service = new PAdESService(new CommonCertificateVerifier());
      Files.write(Path.of(args[4]), seal(service, token, key, document, picture));
      run(service, token, key, document, picture, seconds);
      System.out.printf("{\"per_second\": %.3f}%n", run(service, token, key, document, picture, seconds));
    }
  }

  /** Documents for each second of processor time of this thread. */
  private static double run(
      PAdESService service,
      Pkcs12SignatureToken token,
      DSSPrivateKeyEntry key,
      byte[] document,
      byte[] picture,
      double seconds)
      throws Exception {
    var clock = ManagementFactory.getThreadMXBean();
    long start = clock.getCurrentThreadCpuTime();
    int count = 0;
    double elapsed = 0;
    while (elapsed < seconds) {
      seal(service, token, key, document, picture);
      count++;
      elapsed = (clock.getCurrentThreadCpuTime() - start) / 1e9;
    }
    return count / elapsed;
  }

  private static byte[] seal(
      PAdESService service,
      Pkcs12SignatureToken token,
      DSSPrivateKeyEntry key,
      byte[] document,
      byte[] picture)
      throws Exception {
    PAdESSignatureParameters parameters = new PAdESSignatureParameters();
    parameters.setSignatureLevel(SignatureLevel.PAdES_BASELINE_B);
    parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
    parameters.setSigningCertificate(key.getCertificate());
    parameters.setCertificateChain(key.getCertificateChain());
    SignatureFieldParameters place = new SignatureFieldParameters();
    place.setPage(1);
    place.setOriginX(380);
    place.setOriginY(600);
    place.setWidth(119);
    place.setHeight(119);
    SignatureImageParameters image = new SignatureImageParameters();
    image.setImage(new InMemoryDocument(picture, "seal.png"));
    image.setFieldParameters(place);
    parameters.setImageParameters(image);
    DSSDocument input = new InMemoryDocument(document, "document.pdf");
    ToBeSigned toBeSigned = service.getDataToSign(input, parameters);
    SignatureValue value = token.sign(toBeSigned, DigestAlgorithm.SHA256, key);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    service.signDocument(input, parameters, value).writeTo(out);
    return out.toByteArray();
  }
}
