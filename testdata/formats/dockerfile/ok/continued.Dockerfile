FROM debian:12
# Packages: one instruction over
# several lines.
RUN apt-get update \
 # the first comment
 && apt-get install -y --no-install-recommends \
      curl \

      "ca-certificates" \
      # a comment between words
      git=1:2.* \   
 && rm -rf /var/lib/apt/lists/*
ENV A=one\
two \
    B="three \
four"
LABEL description="ends with an escaped backslash \\"
CMD echo \
  done
# The end.
