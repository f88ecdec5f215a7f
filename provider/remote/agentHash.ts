/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "cc6dfc21cd306d4b227994588ae8d6727adb74c412f0068aaeaacc844e652d97";
