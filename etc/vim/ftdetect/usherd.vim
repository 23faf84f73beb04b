autocmd BufNewFile,BufRead */usherd/*.conf,usherd.conf setfiletype usherd
