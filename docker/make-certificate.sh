#!/bin/sh
# Run before nginx: a certificate that browsers must be told to trust, unless there is one.
set -eu
cd /etc/minqing/tls
[ ! -e certificate.pem ] || exit 0
name=${MINQING_PUBLIC_URL#*://}
name=${name%%[:/]*}
case $name in
  *[!0-9.]*) kind=DNS ;;
  *) kind=IP ;;
esac
# nginx reads the key as one of this process's group.
umask 027
openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 825 -subj "/CN=$name" \
  -addext "subjectAltName=$kind:$name" -keyout key.pem -out draft.pem
chmod 0640 key.pem
mv draft.pem certificate.pem
