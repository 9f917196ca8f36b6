#!/usr/bin/env bash
# Make what the compose file needs to know its own: certificates, the tokens that Temporal asks for, empty files for secrets.
# Run again before a year is over: the authority and the signing key stay, everything else is issued anew.
set -euo pipefail
umask 077

folder=${1:-$(dirname "$0")/secrets}
days=365
if [ "$(id -u)" = 0 ]; then
    echo "run this as the user whom the containers shall run as, and not as root" >&2
    exit 1
fi
mkdir -p "$folder/keys" "$folder/jwks"
cd "$folder"

key() { # FILE
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

authority() {
    [ -s ca.key ] && return
    key ca.key
    openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Stepwell deployment" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.crt
}

certificate() { # NAME USAGE: the name is whom it stands for, to PostgreSQL its role
    key "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days "$days" -out "$1.crt" -extfile <(
        echo "basicConstraints=critical,CA:FALSE"
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=$2"
        echo "subjectAltName=DNS:$1"
    ) 2>/dev/null
    rm "$1.csr"
}

plain() { # base64 as tokens write it
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

signing_key() {
    [ -s tokens.key ] || openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out tokens.key 2>/dev/null
    local modulus
    modulus=$(openssl rsa -in tokens.key -noout -modulus | cut -d= -f2)
    printf '{"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "stepwell", "e": "AQAB", "n": "%s"}]}\n' \
        "$(printf '%b' "$(sed 's/../\\x&/g' <<<"$modulus")" | plain)" >jwks/jwks.json
}

token() { # SUBJECT PERMISSION
    local now said
    now=$(date +%s)
    said=$(printf '{"alg":"RS256","typ":"JWT","kid":"stepwell"}' | plain).$(
        printf '{"sub":"%s","permissions":["%s"],"iat":%d,"exp":%d}' "$1" "$2" "$now" $((now + days * 86400)) | plain
    )
    echo "$said.$(printf '%s' "$said" | openssl dgst -sha256 -sign tokens.key -binary | plain)"
}

profile() { # NAME PERMISSION: how that one reaches Temporal, read by its SDK and its command line
    cat >"$1.toml" <<END
[profile.default]
address = "temporal:7233"
namespace = "stepwell"
api_key = "$(token "$1" "$2")"

[profile.default.tls]
server_name = "temporal"
server_ca_cert_path = "/run/secrets/ca.crt"
client_cert_path = "/run/secrets/$1.crt"
client_key_path = "/run/secrets/$1.key"
END
}

authority
certificate temporal serverAuth,clientAuth
certificate postgres serverAuth
certificate stepwell clientAuth
certificate operator clientAuth
certificate ui clientAuth
signing_key
profile stepwell stepwell:write
profile operator temporal-system:admin
[ -s postgres.password ] || openssl rand -hex 32 >postgres.password
touch smtp.password host.secret
echo "made $PWD; keep ca.key and tokens.key elsewhere: whoever has them is let in everywhere"
