// Copyright The Cairn Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	coreLister "k8s.io/client-go/listers/core/v1"
	discoveryLister "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const domain = ".svc.cluster.local."

// names knows the cluster's services, as CoreDNS does: SERVICE.NAMESPACE.svc.cluster.local is the service's address,
// and those of its ready pods where it has none of its own.
type names struct {
	services  coreLister.ServiceLister
	endpoints discoveryLister.EndpointSliceLister
}

// dns answers until it is ended: dns KUBECONFIG ADDRESS:PORT. Only services have names here; nothing is asked outside.
func dns(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: dns KUBECONFIG ADDRESS:PORT")
	}
	config, err := clientcmd.BuildConfigFromFlags("", args[0])
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	known := names{factory.Core().V1().Services().Lister(), factory.Discovery().V1().EndpointSlices().Lister()}
	forever := context.Background()
	factory.Start(forever.Done())
	factory.WaitForCacheSync(forever.Done())
	socket, err := net.ListenPacket("udp", args[1])
	if err != nil {
		return err
	}
	buffer := make([]byte, 1232)
	for {
		n, asker, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		answer, err := known.answer(buffer[:n])
		if err != nil {
			fmt.Fprintln(os.Stderr, asker, err)
			continue
		}
		if _, err := socket.WriteTo(answer, asker); err != nil {
			fmt.Fprintln(os.Stderr, asker, err)
		}
	}
}

func (k names) answer(message []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(message)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	addresses, isThere := k.addresses(strings.ToLower(question.Name.String()))
	answer := dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true, RecursionDesired: header.RecursionDesired}
	if !isThere {
		answer.RCode = dnsmessage.RCodeNameError
	}
	builder := dnsmessage.NewBuilder(nil, answer)
	if err := builder.StartQuestions(); err != nil {
		return nil, err
	}
	if err := builder.Question(question); err != nil {
		return nil, err
	}
	if err := builder.StartAnswers(); err != nil {
		return nil, err
	}
	if question.Type == dnsmessage.TypeA {
		for _, address := range addresses {
			resource := dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: 1}
			if err := builder.AResource(resource, dnsmessage.AResource{A: address}); err != nil {
				return nil, err
			}
		}
	}
	return builder.Finish()
}

func (k names) addresses(name string) (found [][4]byte, isThere bool) {
	labelsOfName := strings.Split(strings.TrimSuffix(name, domain), ".")
	if !strings.HasSuffix(name, domain) || len(labelsOfName) != 2 {
		return nil, false
	}
	service, err := k.services.Services(labelsOfName[1]).Get(labelsOfName[0])
	if err != nil {
		return nil, false
	}
	if service.Spec.ClusterIP != core.ClusterIPNone {
		return append(found, v4(service.Spec.ClusterIP)...), true
	}
	ofService := labels.SelectorFromSet(labels.Set{discovery.LabelServiceName: service.Name})
	slices, err := k.endpoints.EndpointSlices(service.Namespace).List(ofService)
	if err != nil {
		return nil, false
	}
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
				for _, address := range endpoint.Addresses {
					found = append(found, v4(address)...)
				}
			}
		}
	}
	return found, len(found) > 0
}

func v4(address string) [][4]byte {
	if ip := net.ParseIP(address).To4(); ip != nil {
		return [][4]byte{[4]byte(ip)}
	}
	return nil
}
