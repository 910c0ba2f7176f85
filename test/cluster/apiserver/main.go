// Command apiserver is a kube-apiserver with its etcd and a scripted kubelet in
// one process, for tests that need the real thing on loopback.
//
// Usage: apiserver FOLDER [kube-apiserver flags]
//
// FOLDER is a scratch folder the caller made for this run, its name beginning
// with "kube-reflex-scratch-": the process works in it and keeps etcd's data and
// sockets there. The kubelet finds kube-apiserver by the file kubeconfig.yaml in
// it, and lets in who has a client certificate of the authority that file names.
//
// The process lives as long as its stdin is open; at end of file it removes
// FOLDER and exits, so a caller that is killed leaves neither a process nor data
// behind.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const (
	scratchPrefix    = "kube-reflex-scratch-"
	etcdStartLimit   = 30 * time.Second
	expiredRevisions = 10
)

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("usage: apiserver FOLDER [kube-apiserver flags]"))
	}
	folder, err := filepath.Abs(os.Args[1])
	if err != nil {
		fail(err)
	}
	// The folder is removed at the end: never one that means something else.
	if !strings.HasPrefix(filepath.Base(folder), scratchPrefix) {
		fail(fmt.Errorf("the name of %s does not begin with %s", folder, scratchPrefix))
	}
	if err := os.Chdir(folder); err != nil {
		fail(err)
	}
	// The log's reader goes together with the caller; a line nobody reads must
	// not end the process before the folder is removed.
	signal.Ignore(syscall.SIGPIPE)
	go exitWithCaller(folder)

	etcd, endpoint, err := startEtcd()
	if err != nil {
		fail(fmt.Errorf("etcd: %w", err))
	}
	if err := expireFirstRevisions(etcd.Server); err != nil {
		fail(fmt.Errorf("etcd: %w", err))
	}
	if err := startKubelet(context.Background()); err != nil {
		fail(fmt.Errorf("kubelet: %w", err))
	}
	os.Args = append([]string{"kube-apiserver", "--etcd-servers=" + endpoint}, os.Args[2:]...)
	code := cli.Run(app.NewAPIServerCommand())
	etcd.Close()
	os.Exit(code)
}

// exitWithCaller ends the process when whoever started it closes stdin or dies.
func exitWithCaller(folder string) {
	_, _ = io.Copy(io.Discard, os.Stdin)
	// Etcd may write a file between the listing and the removal; nothing else
	// will remove the folder once this process is gone, hence the second try.
	if os.RemoveAll(folder) != nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(0)
}

// startEtcd starts a one-member etcd and gives the endpoint it serves.
func startEtcd() (*embed.Etcd, string, error) {
	// The "addresses" are names of unix sockets in the working folder: no port
	// to race for, and short enough for the limit of 104 bytes on a socket path
	// wherever the temporary folder is.
	client := url.URL{Scheme: "unix", Host: "127.0.0.1:2379"}
	peer := url.URL{Scheme: "unix", Host: "127.0.0.1:2380"}

	config := embed.NewConfig()
	config.Dir = "etcd"
	config.LogLevel = "error"
	config.ListenClientUrls = []url.URL{client}
	config.AdvertiseClientUrls = []url.URL{client}
	config.ListenPeerUrls = []url.URL{peer}
	config.AdvertisePeerUrls = []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// The data is thrown away with the process, a crash has nothing to recover.
	config.UnsafeNoFsync = true

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, "", err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, client.String(), nil
	case err := <-etcd.Err():
		return nil, "", err
	case <-time.After(etcdStartLimit):
		etcd.Close()
		return nil, "", fmt.Errorf("not ready after %s", etcdStartLimit)
	}
}

// expireFirstRevisions makes resourceVersion=1 too old for every resource.
//
// A watch cache filled from an empty etcd begins at revision 1 and could serve
// it for as long as it has room. The revisions written here come before the
// first list of every cache, and a list or continue token at one of them needs
// what is compacted away. The watch cache and etcd then both answer 410.
func expireFirstRevisions(server *etcdserver.EtcdServer) error {
	ctx, cancel := context.WithTimeout(context.Background(), etcdStartLimit)
	defer cancel()
	var revision int64
	for range expiredRevisions {
		put, err := server.Put(ctx, &etcdserverpb.PutRequest{Key: []byte("expired")})
		if err != nil {
			return err
		}
		revision = put.Header.Revision
	}
	_, err := server.Compact(ctx, &etcdserverpb.CompactionRequest{Revision: revision, Physical: true})
	return err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "apiserver:", err)
	os.Exit(1)
}
