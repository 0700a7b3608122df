{{- define "exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the number of a StatefulSet's pod and for suffixes. */}}
{{- define "exporter.fullname" -}}
{{- $name := include "exporter.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Takes "root" and, for some resources, "more". The chart's own labels win over the user's, because selectors need them. */}}
{{- define "exporter.labels" -}}
{{- $more := default dict .more -}}
{{- with .root -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63)
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service -}}
{{- merge (include "exporter.selectorLabels" . | fromYaml) $own $more .Values.commonLabels | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "exporter.serviceAccountName" -}}
{{- $own := ternary (include "exporter.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{/* A repository that begins with a host, such as registry.example.com/name, already contains its registry. */}}
{{- define "exporter.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry | trimSuffix "/" -}}
{{- with .Values.image -}}
{{- if or (empty $registry) (regexMatch "^(localhost|[^/]*[.:][^/]*)/" .repository) }}{{ .repository }}{{ else }}{{ $registry }}/{{ .repository }}{{ end -}}
:{{ default $.Chart.AppVersion .tag }}
{{- with .digest }}@{{ . }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Charts write global.imagePullSecrets in both forms: as names and as objects with a name. */}}
{{- define "exporter.imagePullSecrets" -}}
{{- $names := list -}}
{{- range concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets -}}
{{- if kindIs "string" . }}{{ $names = append $names . }}{{ else }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- if $names -}}
imagePullSecrets:
{{- range uniq $names }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "exporter.isSharded" -}}
{{- if gt (int .Values.shards) 1 }}true{{ end -}}
{{- end -}}

{{- define "exporter.scheme" -}}
{{- ternary "http" "https" (empty .Values.web.configSecret) -}}
{{- end -}}

{{/* A Secret that is named twice is mounted once. The Secret `web` of `secrets` may be that of `web.configSecret`. */}}
{{- define "exporter.secrets" -}}
{{- without (uniq .Values.secrets) (ternary "web" "" (eq .Values.web.configSecret "web")) | toJson -}}
{{- end -}}

{{- define "exporter.volumeMounts" -}}
{{- $mounts := list -}}
{{- if not .Values.demo -}}
{{- $mounts = append $mounts (dict "name" "config" "mountPath" "/etc/mongodbatlas-backup-exporter" "readOnly" true) -}}
{{- end -}}
{{- range include "exporter.secrets" . | fromJsonArray -}}
{{- $mounts = append $mounts (dict "name" (printf "secret-%s" .) "mountPath" (printf "/run/secrets/%s" .) "readOnly" true) -}}
{{- end -}}
{{- if .Values.web.configSecret -}}
{{- $mounts = append $mounts (dict "name" "web" "mountPath" "/run/secrets/web" "readOnly" true) -}}
{{- end -}}
{{- with concat $mounts .Values.extraVolumeMounts }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{- define "exporter.volumes" -}}
{{- $volumes := list -}}
{{- if not .Values.demo -}}
{{- $config := default (include "exporter.fullname" .) .Values.existingConfigMap -}}
{{- $volumes = append $volumes (dict "name" "config" "configMap" (dict "name" $config)) -}}
{{- end -}}
{{- range include "exporter.secrets" . | fromJsonArray -}}
{{- $volumes = append $volumes (dict "name" (printf "secret-%s" .) "secret" (dict "secretName" . "defaultMode" 0440)) -}}
{{- end -}}
{{- with .Values.web.configSecret -}}
{{- $volumes = append $volumes (dict "name" "web" "secret" (dict "secretName" . "defaultMode" 0440)) -}}
{{- end -}}
{{- with concat $volumes .Values.extraVolumes }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/*
Takes "root", "path", "timing" and "override". The kubelet has no client certificate; the program's own `health` can use one. It takes
longer than a request, so it runs less often.
*/}}
{{- define "exporter.probe" -}}
{{- $probe := merge (dict "timeoutSeconds" 5) .timing -}}
{{- if .root.Values.web.clientCertificates -}}
{{- $command := list "/nodejs/bin/node" "/app/dist/main.js" "health" (printf "--url=https://localhost:%v" .root.Values.port)
  "--client.certificate=/run/secrets/web/probe.crt" "--client.key=/run/secrets/web/probe.key" -}}
{{- $probe = merge (dict "exec" (dict "command" $command) "periodSeconds" 30 "timeoutSeconds" 10) .timing -}}
{{- else -}}
{{- $_ := set $probe "httpGet" (dict "path" .path "port" "http" "scheme" (include "exporter.scheme" .root | upper)) -}}
{{- end -}}
{{- with .override -}}
{{- if or .exec .httpGet .tcpSocket .grpc }}{{ $probe = omit $probe "exec" "httpGet" }}{{ end -}}
{{- range $key, $value := . }}{{ $_ := set $probe $key $value }}{{ end -}}
{{- end -}}
{{- toYaml $probe -}}
{{- end -}}

{{/* Takes "rule" and "settings", the values under prometheusRule. */}}
{{- define "exporter.rule" -}}
{{- $rule := .rule -}}
{{- with .settings -}}
{{- if $rule.alert -}}
{{- with .runbookBaseUrl -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .) (base $rule.annotations.runbook_url)) -}}
{{- end -}}
{{- range $name, $address := dict "status_page" .statusPageBaseUrl "dashboard" .dashboardBaseUrl -}}
{{- with index $rule.annotations $name -}}
{{- $_ := set $rule.annotations $name (replace (printf "$%s := \"\"" $name) (printf "$%s := %q" $name (trimSuffix "/" $address)) .) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $rule "labels" (merge (dict) .additionalRuleLabels $rule.labels) -}}
{{- $_ := set $rule "annotations" (merge (dict) .additionalRuleAnnotations $rule.annotations) -}}
{{- else if hasPrefix "threshold:" $rule.record -}}
{{- $name := trimPrefix "threshold:mongodbatlas_backup_export_" $rule.record -}}
{{- if hasKey .thresholds $name }}{{ $_ := set $rule "expr" (printf "vector(%v)" (index .thresholds $name)) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $rule -}}
{{- end -}}

{{/* Combinations of values that a schema can't refuse with a clear message. */}}
{{- define "exporter.check" -}}
{{- with .Values -}}
{{- $sources := add (ternary 1 0 .demo) (ternary 0 1 (empty .config)) (ternary 0 1 (empty .existingConfigMap)) -}}
{{- if gt (int $sources) 1 }}{{ fail "demo, config and existingConfigMap exclude each other: set only one of them" }}{{ end -}}
{{- if eq (int $sources) 0 }}{{ fail "nothing to monitor: set config or existingConfigMap, or demo=true to try it" }}{{ end -}}
{{- if and .config (empty .config.targets) }}{{ fail "config.targets is missing: it lists the clusters to monitor" }}{{ end -}}
{{- if and .demo (gt (int .shards) 1) }}{{ fail "demo has no shards: set shards=1" }}{{ end -}}
{{- if and .web.clientCertificates (empty .web.configSecret) }}{{ fail "web.clientCertificates needs web.configSecret" }}{{ end -}}
{{- if and (has "web" .secrets) .web.configSecret (ne .web.configSecret "web") }}{{ fail "/run/secrets/web is the place of web.configSecret: rename the Secret web of secrets" }}{{ end -}}
{{- if and .serviceMonitor.enabled .podMonitor.enabled }}{{ fail "with both serviceMonitor and podMonitor, Prometheus would scrape each pod twice: enable only one of them" }}{{ end -}}
{{- range .extraArgs -}}
{{- if hasPrefix "--web.listen-address" . }}{{ fail "set port instead of --web.listen-address: the Service and the probes need it, too" }}{{ end -}}
{{- end -}}
{{- range .extraEnv -}}
{{- if eq .name "MONGODBATLAS_BACKUP_EXPORTER_WEB_LISTEN_ADDRESS" }}{{ fail (printf "set port instead of %s" .name) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
