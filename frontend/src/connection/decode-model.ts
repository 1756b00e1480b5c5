// The description of a model, as the page's own types.
import type * as pb from "../protocol/generated/inferno_generated";
import type {
  Capabilities,
  EngineOptions,
  Example,
  MemoryEstimate,
  MetadataEntry,
  ModelInfo,
  TensorInfo,
  Token,
  TokenizerInfo,
} from "../protocol/types";
import { optionalReadable, optionalString, readable, string, tokenOf, warnings } from "./decode-parts";
import { flashAttention } from "./enums";

function optionalToken(table: pb.TokenT | null): Token | undefined {
  return table === null ? undefined : tokenOf(table);
}

function capabilities(table: pb.CapabilitiesT): Capabilities {
  return {
    generate: table.generate,
    attention: table.attention,
    rollBack: table.rollBack,
    chatTemplate: table.chatTemplate,
    bos: table.bos,
    eos: table.eos,
    recurrent: table.recurrent,
    hybrid: table.hybrid,
    mixtureOfExperts: table.mixtureOfExperts,
    encoder: table.encoder,
    tokenize: table.tokenize,
  };
}

function memoryEstimate(table: pb.MemoryEstimateT): MemoryEstimate {
  return {
    weightsBytes: Number(table.weightsBytes),
    cacheBytes: Number(table.cacheBytes),
    computeBytes: Number(table.computeBytes),
    totalBytes: Number(table.totalBytes),
    availableBytes: Number(table.availableBytes),
  };
}

function tokenizer(table: pb.TokenizerInfoT): TokenizerInfo {
  return {
    model: readable(table.model),
    pre: optionalReadable(table.pre),
    nTokens: table.nTokens,
    nControl: table.nControl,
    bos: optionalToken(table.bos),
    eos: optionalToken(table.eos),
    eot: optionalToken(table.eot),
    pad: optionalToken(table.pad),
    unk: optionalToken(table.unk),
    addsBos: table.addsBos,
    addsEos: table.addsEos,
  };
}

function metadataEntry(table: pb.MetadataEntryT): MetadataEntry {
  return {
    key: readable(table.key),
    type: readable(table.type),
    value: readable(table.value),
    count: table.n === null ? undefined : Number(table.n),
  };
}

function tensorInfo(table: pb.TensorInfoT): TensorInfo {
  return {
    name: readable(table.name),
    type: readable(table.type),
    shape: table.shape.map(Number),
    sizeBytes: Number(table.sizeBytes),
  };
}

function example(table: pb.ExampleT): Example {
  const messages = table.messages.map((message) => ({
    role: string(message.role),
    content: string(message.content),
  }));
  return {
    title: readable(table.title),
    prompt:
      messages.length > 0
        ? { kind: "chat", messages }
        : { kind: "text", text: string(table.text), parseSpecial: false },
    note: optionalReadable(table.note),
  };
}

function engineOptions(table: pb.EngineOptionsT): EngineOptions {
  return {
    nCtx: table.nCtx ?? undefined,
    nBatch: table.nBatch ?? undefined,
    nUbatch: table.nUbatch ?? undefined,
    nThreads: table.nThreads ?? undefined,
    nThreadsBatch: table.nThreadsBatch ?? undefined,
    nGpuLayers: table.nGpuLayers ?? undefined,
    flashAttention: flashAttention(table.flashAttention),
    cacheTypeK: optionalString(table.cacheTypeK),
    cacheTypeV: optionalString(table.cacheTypeV),
    useMmap: table.useMmap ?? undefined,
    useMlock: table.useMlock ?? undefined,
    checkTensors: table.checkTensors ?? undefined,
    rpcServers: table.rpcServers,
    ignoreMemory: table.ignoreMemory,
  };
}

export function modelInfo(table: pb.ModelInfoT): ModelInfo {
  return {
    name: readable(table.name),
    path: string(table.path),
    architecture: readable(table.architecture),
    description: readable(table.description),
    quantisation: readable(table.quantisation),
    sizeBytes: Number(table.sizeBytes),
    fileBytes: Number(table.fileBytes),
    nParams: Number(table.nParams),
    nCtxTrain: table.nCtxTrain,
    nCtx: table.nCtx,
    nEmbd: table.nEmbd,
    nLayers: table.nLayers,
    nHeads: table.nHeads,
    nKvHeads: table.nKvHeads,
    nVocab: table.nVocab,
    nExperts: table.nExperts,
    nExpertsUsed: table.nExpertsUsed,
    tokenizer: table.tokenizer === null ? undefined : tokenizer(table.tokenizer),
    chatTemplate: optionalString(table.chatTemplate),
    capabilities: table.capabilities === null ? undefined : capabilities(table.capabilities),
    memory: table.memory === null ? undefined : memoryEstimate(table.memory),
    warnings: warnings(table.warnings),
    devices: table.devices.map(readable),
    metadata: table.metadata.map(metadataEntry),
    tensors: table.tensors.map(tensorInfo),
    examples: table.examples.map(example),
    options: table.options === null ? undefined : engineOptions(table.options),
  };
}
