# escape=`
from alpine:3 as Base
run echo `
  hi
