/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "ab5cce2a60b327b959655b80e9ced492a4ff21d8a5a31de9f38f68d41b2cbc46";
