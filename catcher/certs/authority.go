package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

const (
	day           = 24 * time.Hour
	authorityLife = 3650 * day
	authorityRest = 365 * day // with less of it left, there is a new one
	leafLife      = 90 * day
	skew          = time.Hour // that the clocks of clients may be behind
)

// authorityFile has certificate and key of the authority, so that they always fit.
const authorityFile = "tls-ca.pem"

// An authority signs certificates. A nil one lets them sign themselves.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of the authority: %w", err)
	}
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          number,
		Subject:               pkix.Name{Organization: []string{"Postroom"}, CommonName: fmt.Sprintf("Postroom test authority %x", number.Bytes()[:4])},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(authorityLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the authority: %w", err)
	}
	return &authority{cert, key}, nil
}

// serial is a number that no other certificate has.
func serial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40 // positive, and of full length
	return new(big.Int).SetBytes(b), nil
}

// good says whether it can go on signing.
func (a *authority) good(now time.Time) bool {
	return now.After(a.cert.NotBefore) && now.Add(authorityRest).Before(a.cert.NotAfter)
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// sign makes a certificate for a key.
func (a *authority) sign(key *ecdsa.PrivateKey, template *x509.Certificate) (*tls.Certificate, error) {
	number, err := serial()
	if err != nil {
		return nil, err
	}
	template.SerialNumber = number
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// template is a certificate with all but its serial number.
func (k *Keeper) template(want wanted, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	names := slices.Concat([]string{want.name, want.host, "localhost", "127.0.0.1", "::1"}, k.opt.Names)
	switch want.flaw {
	case rule.Expired:
		t.NotBefore, t.NotAfter = now.Add(-60*day), now.Add(-day)
	case rule.NotYetValid:
		t.NotBefore, t.NotAfter = now.Add(30*day), now.Add(60*day)
	case rule.WrongName:
		names = []string{"wrong-name.invalid"}
	}
	for _, name := range names {
		addName(t, name)
	}
	return t
}

// addName makes a certificate be for a host name or an IP address too; "" is neither.
func addName(t *x509.Certificate, name string) {
	if ip := net.ParseIP(name); ip != nil {
		if !slices.ContainsFunc(t.IPAddresses, ip.Equal) {
			t.IPAddresses = append(t.IPAddresses, ip)
		}
		return
	}
	if name = hostName(name); name != "" && !slices.Contains(t.DNSNames, name) {
		t.DNSNames = append(t.DNSNames, name)
	}
	if t.Subject.CommonName == "" && len(name) <= maxCommonName {
		t.Subject.CommonName = name
	}
}

const maxCommonName = 64 // RFC 5280 appendix A.1

// write puts the authority into its file, whole or not at all.
func (a *authority) write(dir string) (err error) {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return fmt.Errorf("write the authority: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the authority: %w", err)
	}
	f, err := os.CreateTemp(dir, authorityFile+".*") // with mode 0600
	if err != nil {
		return fmt.Errorf("write the authority: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("write the authority: %w", err)
		}
	}()
	_, err = f.Write(append(a.pem(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, authorityFile))
}

// readAuthority reads what write wrote; nil when there is no file. One that is there
// and cannot be used is an error: somebody may trust it.
func readAuthority(dir string) (*authority, error) {
	path := filepath.Join(dir, authorityFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := parseAuthority(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; without the file there will be a new authority", path, err)
	}
	return a, nil
}

func parseAuthority(text []byte) (*authority, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, errors.New("this is not an authority of ours")
	}
	return &authority{pair.Leaf, key}, nil
}
