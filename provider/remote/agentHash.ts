/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "bccf65fdf84d1ebbc81094ab996946dba97659e737c5e6310665741f923e01f4";
