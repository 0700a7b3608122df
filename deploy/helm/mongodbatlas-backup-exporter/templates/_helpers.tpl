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

{{- define "exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "exporter.serviceAccountName" -}}
{{- $own := ternary (include "exporter.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{- define "exporter.image" -}}
{{- with .Values.image -}}
{{- $named := printf "%s:%s" .repository (default $.Chart.AppVersion .tag) -}}
{{- ternary (printf "%s@%s" $named .digest) $named (ne .digest "") -}}
{{- end -}}
{{- end -}}

{{- define "exporter.isSharded" -}}
{{- if gt (int .Values.shards) 1 }}true{{ end -}}
{{- end -}}

{{- define "exporter.hasVolumes" -}}
{{- if or (not .Values.demo) .Values.secrets .Values.web.configSecret }}true{{ end -}}
{{- end -}}

{{- define "exporter.scheme" -}}
{{- ternary "http" "https" (empty .Values.web.configSecret) -}}
{{- end -}}

{{/* For the restricted Pod Security Standard. */}}
{{- define "exporter.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "exporter.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* The kubelet has no client certificate; the program's own `health` can use one. */}}
{{- define "exporter.probe" -}}
{{- if .root.Values.web.clientCertificates -}}
exec:
  command:
    - /nodejs/bin/node
    - /app/dist/main.js
    - health
    - --url=https://localhost:19017
    - --client.certificate=/run/secrets/web/probe.crt
    - --client.key=/run/secrets/web/probe.key
periodSeconds: 30
timeoutSeconds: 10
{{- else -}}
httpGet:
  path: {{ .path }}
  port: http
  scheme: {{ include "exporter.scheme" .root | upper }}
periodSeconds: {{ .periodSeconds }}
timeoutSeconds: 5
{{- end -}}
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
{{- end -}}
{{- end -}}
