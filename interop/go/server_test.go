// Auth0's Go SDKs, unmodified, against a running grantd. The environment says where it is.
package interop

import (
	"os"
	"strings"
	"testing"
)

// domain is what the SDKs are given: host and port of the issuer.
func domain() string {
	return strings.TrimSuffix(strings.TrimPrefix(os.Getenv("GRANTD_ISSUER"), "https://"), "/")
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("found %v, expected %v", found, expected)
	}
}
