#!/bin/sh
echo "shell $*"
