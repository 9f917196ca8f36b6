{{- /* What all pods have in common: one image, no rights, secrets as files. */ -}}

{{- define "stepwell.labels" -}}
app.kubernetes.io/name: stepwell
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stepwell.all-labels" -}}
{{ include "stepwell.labels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* What tells a Prometheus that goes by annotations where to ask. */ -}}
{{- define "stepwell.asked" -}}
{{- with .Values.metrics }}
{{- if .enabled }}
annotations: {prometheus.io/scrape: "true", prometheus.io/port: {{ .port | quote }}, prometheus.io/path: /metrics}
{{- end }}
{{- end }}
{{- end }}

{{- define "stepwell.image" -}}
{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "stepwell.guard" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* pod: .root, .part (its label), .words (its command), .extra (of its container). */ -}}
{{- define "stepwell.pod" -}}
{{- if ne .part "migrate" }}{{- /* which runs before ours is there */}}
serviceAccountName: {{ .root.Release.Name }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "stepwell.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .part }}
initContainers: # the root keys are taken only from a folder that nobody else may look into, which a Secret's is not
  - name: keys
    image: {{ include "stepwell.image" .root | quote }}
    command: [sh, -c, "umask 077 && mkdir -p /keys/root && cp /secrets/keys/*.key /keys/root/"]
    securityContext: {{- include "stepwell.guard" . | nindent 6 }}
    resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
    volumeMounts:
      - {name: secret-keys, mountPath: /secrets/keys, readOnly: true}
      - {name: keys, mountPath: /keys}
containers:
  - name: stepwell
    image: {{ include "stepwell.image" .root | quote }}
    args: {{ toJson .words }}
    securityContext: {{- include "stepwell.guard" . | nindent 6 }}
    env:
      - {name: STEPWELL_KEYS, value: /keys/root}
      - {name: STEPWELL_DATABASE_FILE, value: /secrets/settings/database}
      - {name: STEPWELL_SMTP_PASSWORD_FILE, value: /secrets/settings/smtp-password}
      - {name: STEPWELL_HOST_SECRET_FILE, value: /secrets/settings/host-secret}
      - {name: STEPWELL_TEMPORAL, value: {{ .root.Values.temporal.address | quote }}}
      - {name: STEPWELL_NAMESPACE, value: {{ .root.Values.temporal.namespace | quote }}}
      - {name: TEMPORAL_CONFIG_FILE, value: /secrets/temporal/temporal.toml}
      {{- if eq .part "codec" }}
      - {name: STEPWELL_CODEC_ORIGINS, value: {{ .root.Values.codec.origins | quote }}}
      {{- end }}
      {{- if .root.Values.secrets.database }}
      - {name: PGSSLROOTCERT, value: /secrets/database/ca.crt}
      {{- end }}
      {{- if and .root.Values.metrics.enabled (ne .part "migrate") }}
      - {name: STEPWELL_METRICS, value: "0.0.0.0:{{ .root.Values.metrics.port }}"}
      {{- end }}
      {{- range $name, $value := .root.Values.settings }}
      - {name: {{ $name }}, value: {{ $value | quote }}}
      {{- end }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      - {name: keys, mountPath: /keys, readOnly: true}
      - {name: secret-settings, mountPath: /secrets/settings, readOnly: true}
      - {name: secret-temporal, mountPath: /secrets/temporal, readOnly: true}
      {{- if .root.Values.secrets.database }}
      - {name: secret-database, mountPath: /secrets/database, readOnly: true}
      {{- end }}
    {{- with .extra }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
volumes:
  - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
  - {name: keys, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  - {name: secret-keys, secret: {secretName: {{ .root.Values.secrets.keys | quote }}, defaultMode: 0440}}
  - {name: secret-settings, secret: {secretName: {{ .root.Values.secrets.settings | quote }}, defaultMode: 0440}}
  - {name: secret-temporal, secret: {secretName: {{ .root.Values.secrets.temporal | quote }}, defaultMode: 0440}}
  {{- with .root.Values.secrets.database }}
  - {name: secret-database, secret: {secretName: {{ . | quote }}, defaultMode: 0440}}
  {{- end }}
{{- end }}
