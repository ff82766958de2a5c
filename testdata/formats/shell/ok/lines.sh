apt-get update &&
  apt-get install -y \
    curl \
    git |
  tee log
a;b
