/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "55fef55f2e7e347eae3136ed280f518d627be7315446c9fc73b7d736bdb4353b";
