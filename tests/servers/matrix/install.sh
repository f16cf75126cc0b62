#!/bin/sh
# Puts Synapse into a folder of its own: a minimal Debian sid, since no stable Debian has it. Needs root, debootstrap
# and about 750 MB; takes some two minutes. The folder is PARLANCE_SYNAPSE_ROOT, or /var/tmp/parlance-synapse.
set -eu

root="${PARLANCE_SYNAPSE_ROOT:-/var/tmp/parlance-synapse}"
if [ -x "$root/usr/bin/synapse_homeserver" ]; then
  echo "Synapse is in $root already."
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "This must run as root." >&2
  exit 1
fi
if ! command -v debootstrap >/dev/null; then
  echo "The package debootstrap is missing. Run: apt-get install -y debootstrap" >&2
  exit 1
fi

# The mirror that this machine uses anyway.
mirror="$(apt-get indextargets --format '$(SITE)' 'Origin: Debian' | grep -v security | head -n 1)"
debootstrap --variant=minbase --include=ca-certificates sid "$root" "$mirror"
# Nothing is started by the installation.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
# A mirror may lag behind, and sid's lists are signed for a week only.
chroot "$root" apt-get -q -o Acquire::Check-Valid-Until=false update
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -q -y --no-install-recommends install matrix-synapse
chroot "$root" apt-get clean
echo "Synapse $(chroot "$root" python3 -c 'import synapse; print(synapse.__version__)') is in $root."
