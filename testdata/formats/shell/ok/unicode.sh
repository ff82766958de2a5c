echo "déjà vu" ☃ | grep é\è # ☃
