/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "03db0b2da7db523886c12b563cd61556cd4807ad6b8cc2a4253ef04c9ea3af5d";
