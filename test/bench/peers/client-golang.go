// Serves the samples of a page as an exporter with client_golang would: `client-golang PAGE_FILE`.
// Built with Debian's golang-go and golang-github-prometheus-client-golang-dev.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	page, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	registry := prometheus.NewRegistry()
	gauges := map[string]*prometheus.GaugeVec{}
	label := regexp.MustCompile(`(\w+)="([^"]*)"`)
	for _, line := range regexp.MustCompile(`(?m)^(\w+)\{(.*)\} (\S+)$`).FindAllStringSubmatch(string(page), -1) {
		labels, names := prometheus.Labels{}, []string{}
		for _, pair := range label.FindAllStringSubmatch(line[2], -1) {
			labels[pair[1]] = pair[2]
			names = append(names, pair[1])
		}
		gauge := gauges[line[1]]
		if gauge == nil {
			gauge = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: line[1], Help: "As ours."}, names)
			registry.MustRegister(gauge)
			gauges[line[1]] = gauge
		}
		value, _ := strconv.ParseFloat(line[3], 64)
		gauge.With(labels).Set(value)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(os.Stderr, "\"urls\":[\"http://%s\"]\n", listener.Addr())
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	panic(http.Serve(listener, nil))
}
