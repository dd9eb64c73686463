#!/usr/bin/env bash
# Starts a real S3 server with Object Lock for the tests: Ceph's radosgw over one monitor and one OSD
# that keeps everything in memory. Needs the Debian packages radosgw, ceph-mon, ceph-osd, ceph-common.
#
#   scripts/radosgw.sh FOLDER PORT     starts it below FOLDER, prints "ready ACCESS SECRET" and waits
#
# It ends when its standard input does, and takes its processes with it. Nothing outside FOLDER is
# touched; everything listens on loopback only.
set -euo pipefail

dir=$1
port=$2
mon_port=$3
access=deltaringaccess
secret=deltaringsecretdeltaringsecret00
for program in ceph-mon ceph-osd radosgw ceph ceph-authtool monmaptool radosgw-admin; do
  command -v "$program" >/dev/null || { echo "missing $program" >&2; exit 3; }
done

mkdir -p "$dir"/{mon,osd,rgw,run,log}
fsid=$(cat /proc/sys/kernel/random/uuid)
cat >"$dir/ceph.conf" <<EOF
[global]
fsid = $fsid
mon host = v1:127.0.0.1:$mon_port/0
ms bind msgr2 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $dir/keyring
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
log to stderr = false
mon cluster log file = $dir/log/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon warn on pool no redundancy = false
paxos propose interval = 0.02
paxos min wait = 0.01
[mon.a]
mon data = $dir/mon
[osd.0]
osd data = $dir/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd class dir = $(dirname "$(find /usr/lib -name 'libcls_rgw.so*' 2>/dev/null | head -1)")
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw thread pool size = 16
rgw enable usage log = false
rgw run sync thread = false
rgw enable gc threads = false
rgw enable lc threads = false
EOF

ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' \
  --cap mgr 'allow *' >/dev/null
ceph-authtool "$dir/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' >/dev/null
ceph-authtool "$dir/keyring" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx' >/dev/null
monmaptool --create --fsid "$fsid" --addv a "[v1:127.0.0.1:$mon_port/0]" "$dir/monmap" >/dev/null

conf=(-c "$dir/ceph.conf")
pids=()
stop() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
}
trap stop EXIT

ceph-mon "${conf[@]}" --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring" >/dev/null 2>&1
ceph-mon "${conf[@]}" -i a -f >"$dir/log/mon.out" 2>&1 & pids+=($!)
osd_uuid=$(cat /proc/sys/kernel/random/uuid)
ceph "${conf[@]}" --connect-timeout 30 >"$dir/log/ceph.out" 2>&1 <<EOF
osd new $osd_uuid
osd crush add osd.0 1 root=default
osd pool create .rgw.root 1
osd pool create default.rgw.control 1
osd pool create default.rgw.meta 1
osd pool create default.rgw.log 1
osd pool create default.rgw.buckets.index 1
osd pool create default.rgw.buckets.data 1
osd pool create default.rgw.buckets.non-ec 1
EOF
ceph-osd "${conf[@]}" -i 0 --mkfs --osd-uuid "$osd_uuid" >"$dir/log/mkfs.out" 2>&1
ceph-osd "${conf[@]}" -i 0 -f >"$dir/log/osd.out" 2>&1 & pids+=($!)
radosgw-admin "${conf[@]}" -n client.rgw user create --uid=audit --display-name=audit \
  --access-key="$access" --secret-key="$secret" >"$dir/log/user.out" 2>&1
radosgw "${conf[@]}" -n client.rgw -f >"$dir/log/rgw.out" 2>&1 & pids+=($!)
for _ in $(seq 300); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "ready $access $secret"
    cat >/dev/null
    exit 0
  fi
  sleep 0.1
done
echo "radosgw did not open its port; see $dir/log" >&2
exit 1
