#!/bin/sh
# usage: Tests/Fixtures/TLS/make.sh
#
# Makes the certificates of the tests anew, good for a hundred years: an authority, a server and a
# client that it signed, a stranger that nobody did, and with its key three with unusual subjects.
set -eu
cd "$(dirname "$0")"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

signed() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' \
    >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA authority.pem -CAkey authority.key -CAcreateserial \
    -days 36500 -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}

alone() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 36500 -out "$1.pem"
}

named() {
  openssl req -x509 -new -key stranger.key -utf8 -subj "$2" -days 36500 -out "$1.pem"
}

alone authority
signed server
signed client
alone stranger
named subject '/O=Lab, Ltd/CN=Größe "1"'
named nameless /
named longname "/O=$(printf 'x%.0s' $(seq 64))/OU=$(printf 'y%.0s' $(seq 64))/CN=long"
rm authority.key authority.srl
