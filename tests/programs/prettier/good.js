import { readFile } from "node:fs"

readFile("good.js", "utf8", (error, text) => console.log(error ?? text))
