cat <<EOF > out.txt && echo written
user $USER at `hostname`
EOF
cat <<'RAW' <<-TABS
no $expansion
RAW
	stripped
		twice
	TABS
bash -s -- arg <<"SCRIPT"
rm -rf "/tmp/x y"
SCRIPT
grep x <<< "here $string" 3>&1 >>log 2>/dev/null <>rw >|force &>all {fd}>named
value=$(cat <<IN
inside
IN
)
