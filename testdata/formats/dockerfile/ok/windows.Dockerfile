# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
COPY testfile.txt C:\
RUN dir C:\ `
    && echo done
SHELL ["powershell", "-Command", "$ErrorActionPreference = 'Stop';"]
RUN Invoke-WebRequest -Uri 'https://example.com' -OutFile x.zip; `
    Remove-Item x.zip
SHELL ["C:\\tools\\bash.exe", "-c"]
RUN ls -l | wc -l
CMD Get-Date
