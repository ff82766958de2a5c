{# Rendered for each system. #}
{% set packages = ["tini",
                   "curl"] %}
{% if system == "alpine" %}
FROM {{ registry }}/alpine:{{ version }} AS base
{% else %}
FROM {{ registry }}/debian AS base
{% endif %}
ENV APP_HOME=/srv/{{ name }} \
{% if debug %}
    APP_DEBUG=1 \
{% endif %}
    APP_LEVEL="level {{ level }}"
RUN apk add --no-cache \
{% for package in packages %}
    {{ package }} \
{% endfor %}
    ca-certificates
{{ more }}
{% if user -%}USER {{ user }}{% endif %}
CMD ["/srv/{{ name }}"]
