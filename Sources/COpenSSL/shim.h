#pragma once

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// Macros that Swift cannot read.
static const uint64_t tls_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t tls_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t tls_server_chooses = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const unsigned long x509_name_as_text = XN_FLAG_RFC2253;
