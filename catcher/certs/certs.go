// Package certs has the certificates with which TLS is spoken: of an authority of our
// own, for whatever name a client asks for; or one's own, from files; or bad ones,
// when a rule wants them.
package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/postroom/postroom/catcher/rule"
)

// Options are the settings of a Keeper. The zero value works.
type Options struct {
	Dir   string   // folder that keeps the authority; "": it is in memory, and gone with the program
	Names []string // host names and IP addresses that every certificate is for, besides localhost, 127.0.0.1 and ::1

	// CertFile and KeyFile have a certificate of one's own, with its chain, and its key,
	// in PEM. It is used for whatever name is asked for. "": there is none.
	CertFile, KeyFile string

	// Now is the time that certificates go by; nil: time.Now. It is not a clock that can
	// be moved, since clients have the real time.
	Now func() time.Time
}

// maxLeaves is how many certificates are kept; then all are made anew.
const maxLeaves = 1000

// A Keeper has the certificates of one server. It is safe for concurrent use.
type Keeper struct {
	opt Options
	key *ecdsa.PrivateKey // of all that are made

	mu        sync.Mutex // guards all below
	authority *authority
	stranger  *authority // signs what is untrusted; nil: not needed yet
	leaves    map[wanted]leaf
	own       *tls.Certificate // one's own; nil: there is none
	read      [2][]byte        // what CertFile and KeyFile had
}

// wanted says what a certificate has to be.
type wanted struct {
	flaw rule.Flaw
	name string // that was asked for; "": none
	host string // IP address that the client connected to, when it asked for no name
}

// A leaf is a certificate that was made.
type leaf struct {
	cert  *tls.Certificate
	until time.Time // when it is made anew
}

// New reads the authority, or makes one, and reads one's own certificate.
func New(opt Options) (*Keeper, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	k := &Keeper{opt: opt, key: key, leaves: make(map[wanted]leaf)}
	if opt.Dir != "" {
		k.authority, err = readAuthority(opt.Dir)
		if err != nil {
			return nil, err
		}
	}
	if err := k.renew(); err != nil {
		return nil, err
	}
	if _, err := k.Reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// CA is the certificate of the authority, in PEM: who trusts it trusts all that are
// made here.
func (k *Keeper) CA() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.renew(); err != nil {
		return nil, err
	}
	return k.authority.pem(), nil
}

// renew sees to it that there is an authority with some life left. k.mu is held, but by
// New.
func (k *Keeper) renew() error {
	now := k.opt.Now()
	if k.authority != nil && k.authority.good(now) {
		return nil
	}
	a, err := newAuthority(now)
	if err != nil {
		return err
	}
	if k.opt.Dir != "" {
		if err := a.write(k.opt.Dir); err != nil {
			return err
		}
	}
	k.authority = a
	clear(k.leaves)
	return nil
}

// Reload reads one's own certificate again when it has changed, and says whether it
// had. After an error the one there was stays in use.
func (k *Keeper) Reload() (changed bool, err error) {
	if k.opt.CertFile == "" {
		return false, nil
	}
	cert, err := os.ReadFile(k.opt.CertFile)
	if err != nil {
		return false, err
	}
	key, err := os.ReadFile(k.opt.KeyFile)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.own != nil && bytes.Equal(cert, k.read[0]) && bytes.Equal(key, k.read[1]) {
		return false, nil
	}
	own, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, fmt.Errorf("%s and %s: %w", k.opt.CertFile, k.opt.KeyFile, err)
	}
	k.own, k.read = &own, [2][]byte{cert, key}
	return true, nil
}

// Expired says whether one's own certificate has, and when.
func (k *Keeper) Expired() (when time.Time, expired bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.own == nil || k.own.Leaf == nil {
		return when, false
	}
	when = k.own.Leaf.NotAfter
	return when, k.opt.Now().After(when)
}

// certificate is for a client that asks for a name, or else for one that connected to
// an address of ours.
func (k *Keeper) certificate(flaw rule.Flaw, name string, local net.Addr) (*tls.Certificate, error) {
	switch flaw {
	case rule.OldProtocol, rule.Broken: // it is not the certificate that has them
		flaw = ""
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if flaw == "" && k.own != nil {
		return k.own, nil
	}
	want := wanted{flaw: flaw, name: hostName(name)}
	if tcp, ok := local.(*net.TCPAddr); ok && want.name == "" {
		want.host = tcp.IP.String()
	}
	now := k.opt.Now()
	if l, ok := k.leaves[want]; ok && now.Before(l.until) {
		return l.cert, nil
	}
	return k.issue(want, now)
}

// issue makes a certificate, which is then kept. k.mu is held.
func (k *Keeper) issue(want wanted, now time.Time) (cert *tls.Certificate, err error) {
	if err := k.renew(); err != nil {
		return nil, err
	}
	by := k.authority
	switch want.flaw {
	case rule.SelfSigned:
		by = nil
	case rule.Untrusted:
		if by, err = k.unknown(now); err != nil {
			return nil, err
		}
	}
	cert, err = by.sign(k.key, k.template(want, now))
	if err != nil {
		return nil, err
	}
	if len(k.leaves) >= maxLeaves {
		clear(k.leaves)
	}
	k.leaves[want] = leaf{cert, now.Add(leafLife / 3)}
	return cert, nil
}

// unknown is the authority that nobody knows. k.mu is held.
func (k *Keeper) unknown(now time.Time) (*authority, error) {
	if k.stranger != nil && k.stranger.good(now) {
		return k.stranger, nil
	}
	a, err := newAuthority(now)
	k.stranger = a
	return a, err
}

// hostName is a name that a certificate can be for, in lower case, or "". Whoever
// connects may ask for anything.
func hostName(name string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(name) > 253 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.Contains("."+name+".", "..") {
		return ""
	}
	return name
}
