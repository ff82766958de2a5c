FROM alpine:3.20
CMD ["a", 1, ["b"]]
SHELL bash -c
RUN ["unclosed"
ENTRYPOINT ["a"] b
