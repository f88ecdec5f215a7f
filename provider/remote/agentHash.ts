/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "e414b5809dccc736ce5d0b1191d75224c807b77516b90b25dd6927cd318792c0";
