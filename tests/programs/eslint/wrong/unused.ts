const unused: any = 1
